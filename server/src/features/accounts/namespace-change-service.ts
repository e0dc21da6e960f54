import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { requireNewNamespace } from './account-names.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { namespaceChangeStore } from './namespace-change-store.ts'
import { requireUnreservedName } from './namespace-deletion-service.ts'
import { promptStore } from './prompt-store.ts'
import { teamStore } from './team-store.ts'

/**
 * Gives a namespace another name, with its robots and repositories. The name may be used again at once.
 * @throws Problem `namespace-invalid`, `namespace-taken`
 */
export async function renameNamespace(
  tx: Db,
  account: AccountRow,
  newName: string,
): Promise<AccountRow> {
  requireNewNamespace(newName, 'username')
  await requireUnreservedName(tx, newName)
  if ((await accountStore(tx).find(newName)) !== undefined) {
    throw new Problem('namespace-taken', {
      username: newName,
      message: 'Username is already in use',
    })
  }
  await namespaceChangeStore(tx).rename(account.id, account.username, newName)
  await promptStore(tx).remove(account.id, ['confirm_username'])
  return { ...account, username: newName }
}

/**
 * Makes a person an organization, administered by the team `owners` with one member. Repositories,
 * robots and what others were granted stay; what only a person can have goes, sessions included.
 */
export async function convertToOrganization(
  tx: Db,
  account: AccountRow,
  adminId: number,
  random: Random,
): Promise<void> {
  await namespaceChangeStore(tx).removePersonal(account.id)
  await accountStore(tx).update(account.id, {
    organization: 1,
    uuid: random.uuid(),
    password_hash: null,
    email: null,
    contact_email: account.email,
  })
  await addOwner(tx, account.id, adminId)
}

/** Puts a person into a team that administers the organization, `owners` if there is one. */
export async function addOwner(tx: Db, organizationId: number, userId: number): Promise<void> {
  const teams = teamStore(tx)
  const owners =
    (await namespaceChangeStore(tx).findAdminTeam(organizationId)) ??
    (await teams.insert({ organizationId, name: 'owners', role: 'admin', description: '' })) ??
    (await teams.find(organizationId, 'owners'))
  if (owners === undefined) throw new Error('an organization has no team of owners')
  if (owners.role !== 'admin') await teams.setRole(owners.id, 'admin')
  await teams.addMember(owners.id, userId)
}
