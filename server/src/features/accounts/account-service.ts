import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { requireEmail, requireNewNamespace, requirePassword } from './account-names.ts'
import { accountStanding, type StandingRules } from './account-standing.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { federatedLoginStore } from './federated-login-store.ts'
import { requireUnreservedName } from './namespace-deletion-service.ts'
import type { Passwords } from './password.ts'
import type { Principal, UserPrincipal } from './principal.ts'
import { promptStore, type PromptKind } from './prompt-store.ts'
import { robotStanding } from './robot-standing.ts'

export type AccountService = ReturnType<typeof createAccountService>

export type AccountRules = StandingRules & Pick<Config, 'defaultTagExpirationMs' | 'robots'>

export interface NewUser {
  readonly username: string
  /** A hash where the password itself was forgotten on purpose. */
  readonly password: string | { readonly hash: string }
  readonly email?: string | null
  /** Whether the address needs no confirmation; it does not unless mails are sent. */
  readonly verified?: boolean
  readonly prompts?: readonly PromptKind[]
}

export function createAccountService({
  db,
  clock,
  random,
  passwords,
  audit,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  passwords: Passwords
  audit: AuditLog
  config: AccountRules
}) {
  const standing = accountStanding(config)

  const isUser = (account: AccountRow | undefined): account is AccountRow =>
    account?.organization === 0 && account.robot === 0

  async function getUser(username: string): Promise<AccountRow> {
    const account = await accountStore(db).find(username)
    if (!isUser(account)) {
      throw new Problem('account-unknown', { username, message: `Invalid username: ${username}` })
    }
    return account
  }

  return {
    isSuperUser: standing.isSuperUser,
    isRestricted: standing.isRestricted,

    countUsers: () => accountStore(db).countUsers(),
    hasUsers: (): Promise<boolean> => accountStore(db).hasUsers(),

    /** A person as an actor, whose credentials were checked elsewhere. */
    principalOf: (account: Pick<AccountRow, 'id' | 'username'>): UserPrincipal =>
      standing.userPrincipal(account),

    /** Somebody's session names this id; undefined when it was replaced, or the person may not act. */
    async findActiveByUuid(uuid: string): Promise<AccountRow | undefined> {
      const account = await accountStore(db).findByUuid(uuid)
      return isUser(account) && account.enabled === 1 ? account : undefined
    },

    /** A user, an organization or a robot. */
    find: (username: string): Promise<AccountRow | undefined> => accountStore(db).find(username),

    findById: (id: number): Promise<AccountRow | undefined> => accountStore(db).findById(id),

    /** A user or an organization: what a repository can belong to. */
    async findNamespace(name: string): Promise<AccountRow | undefined> {
      const account = await accountStore(db).find(name)
      return account?.robot === 0 ? account : undefined
    },

    getUser,

    /** Who acts under this name now; undefined when the account is gone or may not act. */
    async findPrincipal(username: string): Promise<Principal | undefined> {
      const account = await accountStore(db).findWithOwner(username)
      if (account?.enabled !== 1 || account.organization === 1) return undefined
      if (account.robot === 0) return standing.userPrincipal(account)
      const robot = robotStanding(account, config.robots)
      return robot.kind === 'robot' ? robot : undefined
    },

    /**
     * @throws Problem `namespace-invalid`, `namespace-taken`, `email-invalid`, `password-invalid`
     */
    async createUser(user: NewUser, by: Actor): Promise<AccountRow> {
      const { username, password, email, verified = true, prompts = [] } = user
      requireNewNamespace(username, 'namespace')
      if (typeof password === 'string') requirePassword(password)
      const address = email ?? null
      if (address !== null) requireEmail(address)
      const passwordHash =
        typeof password === 'string' ? await passwords.hash(password) : password.hash
      return db.transaction().execute(async (tx) => {
        await requireUnreservedName(tx, username)
        const accounts = accountStore(tx)
        if (address !== null && (await accounts.isEmailTaken(address))) {
          throw new Problem('email-invalid', {
            email: address,
            message: `Email has already been used: ${address}`,
          })
        }
        const account = await accounts.insert({
          kind: 'user',
          uuid: random.uuid(),
          username,
          email: address,
          passwordHash,
          removedTagExpirationMs: config.defaultTagExpirationMs,
          createdAt: clock.now(),
          verified,
        })
        if (!account) throw await nameTaken(tx, username)
        await promptStore(tx).add(account.id, prompts)
        await audit.recordIn(tx, {
          kind: 'user_create',
          account,
          actor: by,
          metadata: { username, email: address, ...superuser(by) },
        })
        return account
      })
    },

    /** Ends every session, and every remembered verification of the old password, at once. */
    async setPassword(username: string, password: string, by: Actor): Promise<void> {
      requirePassword(password)
      const account = await getUser(username)
      const passwordHash = await passwords.hash(password)
      const isOwn =
        by.principal !== 'system' && 'id' in by.principal && by.principal.id === account.id
      await db.transaction().execute(async (tx) => {
        await accountStore(tx).update(account.id, {
          password_hash: passwordHash,
          uuid: random.uuid(),
        })
        await audit.recordIn(tx, {
          kind: isOwn ? 'account_change_password' : 'user_change_password',
          account,
          actor: by,
          metadata: isOwn ? {} : { username, ...superuser(by) },
        })
      })
    },

    /** Ends every session: they name the account by an id that is replaced. */
    endSessions: (id: number): Promise<AccountRow> =>
      accountStore(db).update(id, { uuid: random.uuid() }),

    /** Forgets the login with an external service, whether there was one or not. */
    detachLogin: async (id: number, service: string): Promise<void> => {
      await federatedLoginStore(db).detach(id, service)
    },

    async setEnabled(username: string, enabled: boolean, by: Actor): Promise<void> {
      const account = await getUser(username)
      await db.transaction().execute(async (tx) => {
        await accountStore(tx).setEnabled(account.id, enabled)
        await audit.recordIn(tx, {
          kind: enabled ? 'user_enable' : 'user_disable',
          account,
          actor: by,
          metadata: { username, ...superuser(by) },
        })
      })
    },
  }
}

async function nameTaken(tx: Db, username: string): Promise<Problem> {
  const holder = await accountStore(tx).find(username)
  return new Problem('namespace-taken', {
    username,
    message:
      holder?.organization === 1
        ? `Username has already been taken by an organization and cannot be reused: ${username}`
        : 'The username already exists',
  })
}

/** Only superusers do these things to others. */
function superuser({ principal }: Actor) {
  return principal !== 'system' && principal.kind === 'user'
    ? { superuser: principal.username }
    : {}
}
