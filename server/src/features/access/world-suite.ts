import pino from 'pino'

import type { Config } from '../../config/config.ts'
import { Secret } from '../../config/secret.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { createAccessTimes } from '../accounts/access-times-service.ts'
import { createAccountService } from '../accounts/account-service.ts'
import { accountStore } from '../accounts/account-store.ts'
import { createCredentialsService } from '../accounts/credentials-service.ts'
import { createEncryptedPasswords } from '../accounts/encrypted-password.ts'
import { createLoginThrottle } from '../accounts/login-throttle.ts'
import { createOrganizationService } from '../accounts/organization-service.ts'
import { createPasswords } from '../accounts/password.ts'
import type { Principal } from '../accounts/principal.ts'
import { createRecoveryCodeService } from '../accounts/recovery-code-service.ts'
import { createRobotService } from '../accounts/robot-service.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { createAppTokenService } from '../app-tokens/app-token-service.ts'
import { createAuditLog, system } from '../audit/audit-log.ts'
import { logKindName } from '../audit/log-kinds.ts'
import { parseRepositoryName } from '../repositories/repository-name.ts'
import { createRepositoryService } from '../repositories/repository-service.ts'
import { createAccessService } from './access-service.ts'

const defaults = {
  registryState: 'normal' as const,
  superUsers: ['root'] as readonly string[],
  globalReadonlySuperUsers: ['auditor'] as readonly string[],
  restrictedUsersWhitelist: [] as readonly string[],
  defaultTagExpirationMs: 14 * 24 * 3_600_000,
  createPrivateRepoOnPush: true,
  createNamespaceOnPush: false,
  appTokens: {} as Config['appTokens'],
  robots: { disallow: false, whitelist: [] as readonly string[] },
  audit: {
    logins: true,
    loginFailures: false,
    pushFailures: false,
    pullFailures: false,
    deleteFailures: false,
    disabledNamespaces: [] as readonly string[],
    pullsDisabledNamespaces: [] as readonly string[],
  },
}

const features = {
  superUsers: true,
  superusersFullAccess: false,
  restrictedUsers: false,
  anonymousAccess: true,
  publicCatalog: false,
  requireEncryptedBasicAuth: false,
  orgSharedEmail: false,
  teamSyncing: false,
}

export type WorldSettings = Partial<typeof defaults> & { features?: Partial<typeof features> }

const nameRules = { extended: true, librarySupport: true, libraryNamespace: 'library' }
export const repositoryName = (text: string) => parseRepositoryName(text, nameRules)

export type World = ReturnType<typeof createWorld>

/** Everything about accounts and rights on one database, with a clock that only the test moves. */
export function createWorld({ db }: Pick<Database, 'db'>, settings: WorldSettings = {}) {
  const config = { ...defaults, ...settings, features: { ...features, ...settings.features } }
  let now = 1_800_000_000_000
  const clock = { now: () => now }
  const random = systemRandom
  const logger = pino({ level: 'silent' })
  const audit = createAuditLog({ db, clock, logger, config })
  const passwords = createPasswords({ clock, random })
  const secretBox = createSecretBox({ secretKey: new Secret('a key'), random })
  const throttle = createLoginThrottle({ clock })
  const accounts = createAccountService({ db, clock, random, passwords, audit, config })
  const organizations = createOrganizationService({ db, clock, random, audit, config })
  const robots = createRobotService({ db, clock, random, secretBox, audit, config })
  const encryptedPasswords = createEncryptedPasswords({ secretKey: new Secret('a key'), random })
  const accessTimes = createAccessTimes({ db, clock, enabled: true })
  const appTokens = createAppTokenService({
    ...{ db, clock, random, secretBox, accounts, audit, accessTimes, config },
  })
  const credentials = createCredentialsService({
    tokenLogins: { $app: (code) => appTokens.verify(code) },
    ...{ db, passwords, throttle, secretBox, encryptedPasswords, accessTimes, config },
  })
  const recoveryCodes = createRecoveryCodeService({
    ...{ db, random, passwords, throttle, accounts, audit, config },
  })
  const repositories = createRepositoryService({ db, clock, random, audit, config })
  const access = createAccessService({ db, accounts, organizations, repositories, config })

  async function principal(username: string): Promise<Principal> {
    const found = await accounts.findPrincipal(username)
    if (!found) throw new Error(`nobody acts as ${username}`)
    return found
  }

  async function namespace(name: string) {
    const found = await accounts.findNamespace(name)
    if (!found) throw new Error(`no namespace ${name}`)
    return found
  }

  return {
    ...{ audit, passwords, secretBox, accounts, organizations, robots, credentials },
    ...{ repositories, access, principal, namespace },
    ...{ appTokens, accessTimes, encryptedPasswords, recoveryCodes },
    advance: (ms: number) => void (now += ms),

    /** Without a password, which would cost its hashing. */
    async user(username: string): Promise<Principal> {
      await accountStore(db).insert({
        kind: 'user',
        uuid: random.uuid(),
        username,
        email: null,
        passwordHash: null,
        removedTagExpirationMs: 0,
        createdAt: now,
      })
      return principal(username)
    },

    async organization(name: string, owner: string) {
      const creator = await principal(owner)
      if (creator.kind === 'anonymous') throw new Error('an organization has an owner')
      return organizations.create({ name }, creator.id, { principal: creator })
    },

    async robot(fullName: string): Promise<Principal> {
      const [owner = '', shortName = ''] = fullName.split('+')
      await robots.create(await namespace(owner), { shortName }, system)
      return principal(fullName)
    },

    async repository(fullName: string, visibility: 'public' | 'private' = 'private') {
      const name = repositoryName(fullName)
      const owner = await namespace(name.namespace)
      return repositories.create({ name, namespace: owner, visibility }, system)
    },

    /** The kinds in the log, oldest first, with their metadata. */
    async log() {
      const rows = await db.selectFrom('logentry3').selectAll().orderBy('id').execute()
      return rows.map((row) => ({
        kind: logKindName(row.kind_id),
        accountId: row.account_id,
        performerId: row.performer_id,
        repositoryId: row.repository_id,
        ip: row.ip,
        metadata: JSON.parse(row.metadata_json) as unknown,
      }))
    },
  }
}
