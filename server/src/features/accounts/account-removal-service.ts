import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { convertToOrganization } from './namespace-change-service.ts'
import type { NamespaceDeletionService } from './namespace-deletion-service.ts'
import { teamStore } from './team-store.ts'

export type AccountRemovalService = ReturnType<typeof createAccountRemovalService>

/** The ends of accounts: deleted, or turned into organizations. */
export function createAccountRemovalService({
  db,
  clock,
  random,
  audit,
  namespaceDeletion,
}: {
  db: Db
  clock: Clock
  random: Random
  audit: AuditLog
  namespaceDeletion: NamespaceDeletionService
}) {
  /** @throws Problem `rule-violated` for the only admin of an organization */
  async function requireReplaceable({ id, username }: AccountRow, verb: string): Promise<void> {
    const organizations = await namespaceDeletion.organizationsOnlyAdministeredBy(id)
    if (organizations.length === 0) return
    throw new Problem('rule-violated', {
      message: `Cannot ${verb} ${username} as you are the only admin for organizations: ${organizations.join(', ')}`,
    })
  }

  const remove = (account: AccountRow, by: Actor): Promise<void> =>
    db.transaction().execute(async (tx) => {
      // Of two calls at once the second finds that there is nothing left to delete.
      await teamStore(tx).lockOrganization(account.id)
      if ((await accountStore(tx).findById(account.id))?.username !== account.username) {
        throw new Problem('not-found')
      }
      await namespaceDeletion.deleteNamespace(tx, account, {
        graceMs: namespaceDeletion.graceMsOf(account.username),
        now: clock.now(),
      })
      const isOrganization = account.organization === 1
      await audit.recordIn(tx, {
        kind: isOrganization ? 'org_delete' : 'user_delete',
        account,
        actor: by,
        metadata: isOrganization ? { namespace: account.username } : { username: account.username },
      })
    })

  return {
    /** At the wish of a superuser, whoever is left without an admin. */
    remove,

    /** @throws Problem `rule-violated` for the only admin of an organization */
    async removeOwn(account: AccountRow, by: Actor): Promise<void> {
      await requireReplaceable(account, 'delete')
      await remove(account, by)
    },

    /** @throws Problem `rule-violated` for the only admin of an organization */
    async convert(account: AccountRow, adminId: number, by: Actor): Promise<void> {
      await requireReplaceable(account, 'convert')
      await db.transaction().execute(async (tx) => {
        await convertToOrganization(tx, account, adminId, random)
        await audit.recordIn(tx, {
          kind: 'account_convert',
          account,
          actor: by,
          metadata: {},
        })
      })
    },
  }
}
