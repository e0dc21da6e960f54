import type { Config, FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { accountListStore, type AccountsPage } from './account-list-store.ts'
import { requireEmail } from './account-names.ts'
import type { AccountService } from './account-service.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import type { EmailConfirmationService } from './email-confirmation-service.ts'
import { addOwner, convertToOrganization, renameNamespace } from './namespace-change-service.ts'
import type { UserPrincipal } from './principal.ts'

export type PeopleAdminService = ReturnType<typeof createPeopleAdminService>

export interface PersonChanges {
  readonly password?: string | undefined
  readonly email?: string | undefined
  readonly enabled?: boolean | undefined
}

const passwordLength = 32
const passwordAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** What superusers do with the accounts of others (api-shapes, 4.1 and 4.2). */
export function createPeopleAdminService({
  db,
  random,
  accounts,
  audit,
  confirmations,
  config,
}: {
  db: Db
  random: Random
  accounts: AccountService
  audit: AuditLog
  confirmations: EmailConfirmationService
  config: { readonly features: Pick<FeatureConfig, 'mailing'> } & Pick<Config, 'superUsers'>
}) {
  /** @throws Problem `not-found` */
  async function getPerson(username: string): Promise<AccountRow> {
    const account = await accountStore(db).find(username)
    if (account?.organization !== 0 || account.robot !== 0) throw new Problem('not-found')
    return account
  }

  /** @throws Problem `not-found`; `request-invalid` for a superuser, whom nobody else touches */
  async function getOrdinary(username: string, refusal: string): Promise<AccountRow> {
    const account = await getPerson(username)
    if (accounts.isSuperUser(username)) throw new Problem('request-invalid', { message: refusal })
    return account
  }

  async function setEmail(account: AccountRow, email: string, by: Actor): Promise<void> {
    requireEmail(email)
    await db.transaction().execute(async (tx) => {
      if (await accountStore(tx).isEmailTaken(email)) {
        throw new Problem('email-invalid', { email, message: 'E-mail address already used' })
      }
      await accountStore(tx).update(account.id, { email, verified: 1 })
      await audit.recordIn(tx, {
        kind: 'user_change_email',
        account,
        actor: by,
        metadata: { email, old_email: account.email, ...superuser(by) },
      })
    })
  }

  return {
    getPerson,

    listPeople: (range: AccountsPage, filter: { readonly withDisabled: boolean }) =>
      accountListStore(db).people(range, filter),

    listOrganizations: (range: AccountsPage) => accountListStore(db).organizations(range),

    /** With a drawn password. @throws Problem about the name or the address; `mail-failed` */
    async create(
      { username, email }: { readonly username: string; readonly email: string | null },
      by: Actor,
    ): Promise<{ account: AccountRow; password: string }> {
      if (config.features.mailing && email === null) {
        throw new Problem('request-invalid', { message: 'Email address is required' })
      }
      const password = random.text(passwordLength, passwordAlphabet)
      const verified = !config.features.mailing
      const account = await accounts.createUser({ username, email, password, verified }, by)
      if (!verified && email !== null) await confirmations.requestConfirmation(account, email)
      return { account, password }
    },

    async change(username: string, changes: PersonChanges, by: Actor): Promise<AccountRow> {
      const account = await getOrdinary(username, 'Cannot update a superuser')
      const { password, email, enabled } = changes
      if (email !== undefined && email !== account.email) await setEmail(account, email, by)
      if (password !== undefined) await accounts.setPassword(username, password, by)
      if (enabled !== undefined && enabled !== (account.enabled === 1)) {
        await accounts.setEnabled(username, enabled, by)
      }
      return getPerson(username)
    },

    /** @throws Problem `not-found`, `request-invalid` */
    getDeletable: (username: string) => getOrdinary(username, 'Cannot delete a superuser'),

    /** @returns the address that the mail went to. */
    async sendRecovery(username: string): Promise<string> {
      const account = await getOrdinary(username, 'Cannot send a recovery email for a superuser')
      if (account.email === null) {
        throw new Problem('request-invalid', { message: 'The user has no e-mail address' })
      }
      await confirmations.requestRecovery(account, account.email)
      return account.email
    },

    /** @throws Problem `rule-violated` for an organization that does not exist, or a name */
    async renameOrganization(name: string, newName: string | undefined, by: Actor) {
      const account = await accountStore(db).find(name)
      if (account?.organization !== 1) {
        throw new Problem('rule-violated', { message: `Organization does not exist: ${name}` })
      }
      if (newName === undefined || newName === name) return account
      return db.transaction().execute(async (tx) => {
        const renamed = await renameNamespace(tx, account, newName)
        await audit.recordIn(tx, {
          kind: 'org_change_name',
          account: renamed,
          actor: by,
          metadata: { old_name: name, new_name: newName, ...superuser(by) },
        })
        return renamed
      })
    },

    /** @throws Problem `not-found`, `request-invalid` */
    async takeOwnership(namespace: string, owner: UserPrincipal, by: Actor): Promise<void> {
      const account = await accountStore(db).find(namespace)
      if (account?.robot !== 0) throw new Problem('not-found')
      const wasUser = account.organization === 0
      if (wasUser && accounts.isSuperUser(namespace)) {
        throw new Problem('request-invalid', { message: 'Cannot take ownership of a superuser' })
      }
      await db.transaction().execute(async (tx) => {
        if (wasUser) await convertToOrganization(tx, account, owner.id, random)
        else await addOwner(tx, account.id, owner.id)
        await audit.recordIn(tx, {
          kind: 'take_ownership',
          account,
          actor: by,
          metadata: {
            entity_id: account.id,
            namespace,
            was_user: wasUser,
            superuser: owner.username,
          },
        })
      })
    },
  }
}

function superuser({ principal }: Actor) {
  return principal !== 'system' && principal.kind === 'user'
    ? { superuser: principal.username }
    : {}
}
