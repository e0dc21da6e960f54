import type { Config } from '../config/config.ts'
import type { Database } from '../db/open.ts'
import { createAccessService } from '../features/access/access-service.ts'
import { createAccessTimes } from '../features/accounts/access-times-service.ts'
import { createAccountService } from '../features/accounts/account-service.ts'
import { createCredentialsService } from '../features/accounts/credentials-service.ts'
import { createEncryptedPasswords } from '../features/accounts/encrypted-password.ts'
import { createNamespaceDeletionService } from '../features/accounts/namespace-deletion-service.ts'
import { createOrganizationService } from '../features/accounts/organization-service.ts'
import { createLoginThrottle } from '../features/accounts/login-throttle.ts'
import { createPasswords } from '../features/accounts/password.ts'
import { createRecoveryCodeService } from '../features/accounts/recovery-code-service.ts'
import { createRobotService } from '../features/accounts/robot-service.ts'
import { createSecretBox } from '../features/accounts/secret-box.ts'
import { createAppTokenService } from '../features/app-tokens/app-token-service.ts'
import { createAuditLog } from '../features/audit/audit-log.ts'
import { createMailService } from '../features/mail/mail-service.ts'
import { createNotificationService } from '../features/notifications/notification-service.ts'
import { createApplicationService } from '../features/oauth/application-service.ts'
import { createAutomationTokens } from '../features/oauth/automation-token-service.ts'
import { createOAuthTokenService } from '../features/oauth/oauth-token-service.ts'
import { createProxyCaches } from '../features/proxy-cache/proxy-caches-service.ts'
import { createRepoEvents } from '../features/repo-notifications/repo-events-service.ts'
import { createRepositoryService } from '../features/repositories/repository-service.ts'
import { createPullStatistics } from '../features/pull-statistics/pull-statistics-service.ts'
import { createQuotaAccounting } from '../features/quota/quota-accounting-service.ts'
import { createQuotaReports } from '../features/quota/quota-report-service.ts'
import type { InstanceKey } from '../features/tokens/instance-key.ts'
import { createRobotTokens } from '../features/tokens/robot-token.ts'
import type { Clock } from '../platform/clock.ts'
import type { EventBus } from '../platform/event-bus.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { wireTagRules } from './tag-rules.ts'

const generatedPasswordLength = 20
const passwordAlphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Without characters that look alike, because somebody will type it. */
export function generatePassword(random: Random): string {
  return random.text(generatedPasswordLength, passwordAlphabet)
}

export type AccountServices = ReturnType<typeof wireAccounts>

/** Who there is and who may do what: what the server and the command line share. */
export function wireAccounts({
  config,
  database,
  clock,
  random,
  log,
  key,
  bus,
}: {
  config: Config
  database: Database
  clock: Clock
  random: Random
  log: Logger
  /** The command line has none: no robot logs in there. */
  key?: InstanceKey
  /** Nor anybody who listens to what happens. */
  bus?: EventBus
}) {
  const { db, bulkInsert } = database
  const secretBox = createSecretBox({ secretKey: config.databaseSecretKey, random })
  const passwords = createPasswords({ clock, random })
  const repoEvents = createRepoEvents({ clock, random, place: config })
  const audit = createAuditLog({
    ...{ db, bulkInsert, clock, logger: log, config, bus },
    told: (tx, entry) => repoEvents.hear(tx, entry),
  })
  const accounts = createAccountService({ db, clock, random, passwords, audit, config })
  const robots = createRobotService({ db, clock, random, secretBox, audit, config })
  const organizations = createOrganizationService({ db, clock, random, audit, config })
  const namespaceDeletion = createNamespaceDeletionService({ db, random, config })
  const notifications = createNotificationService({ db, clock, random, bus })
  const mail = createMailService({ config, log })
  const repositories = createRepositoryService({ db, clock, random, audit, config })
  const proxyCaches = createProxyCaches({
    ...{ db, clock, secretBox, enabled: config.features.proxyCache },
  })
  const access = createAccessService({
    ...{ db, accounts, organizations, repositories, proxyCaches, config },
  })
  const oauthTokens = createOAuthTokenService({ db, clock, random, config })
  const applications = createApplicationService({
    ...{ db, clock, random, secretBox, audit, oauthTokens },
  })
  const automationTokens = createAutomationTokens({ db, applications, oauthTokens, config })
  const encryptedPasswords = createEncryptedPasswords({ secretKey: config.secretKey, random })
  const pullStatistics = createPullStatistics({
    db,
    clock,
    enabled: config.features.imagePullStats && config.registryState === 'normal',
  })
  const accessTimes = createAccessTimes({
    db,
    clock,
    enabled: config.features.userLastAccessed && config.registryState === 'normal',
  })
  const appTokens = createAppTokenService({
    ...{ db, clock, random, secretBox, accounts, audit, accessTimes, config },
  })
  const robotTokens = key && createRobotTokens({ key, audience: config.serverHostname, clock })
  const throttle = createLoginThrottle({ clock })
  const credentials = createCredentialsService({
    ...{ db, passwords, secretBox, encryptedPasswords, accessTimes, throttle, config },
    tokenLogins: {
      ...(config.features.appSpecificTokens && { $app: (code) => appTokens.verify(code) }),
      $oauthtoken: (token) => oauthTokens.login(token),
    },
    ...(robotTokens && {
      verifyRobotToken: (username, token) => robotTokens.verify(username, token),
    }),
  })
  return {
    ...{ audit, accounts, robots, organizations, namespaceDeletion },
    ...{ repositories, access, credentials, notifications, repoEvents, oauthTokens },
    ...{ applications, automationTokens, secretBox, proxyCaches },
    recoveryCodes: createRecoveryCodeService({
      ...{ db, random, passwords, throttle, accounts, audit, config },
    }),
    ...{ appTokens, accessTimes, encryptedPasswords, passwords, mail, throttle },
    pullStatistics,
    quotaAccounting: createQuotaAccounting({ clock, log, config }),
    quotaReports: createQuotaReports({ db, config }),
    tagRules: wireTagRules({ config, database }),
  }
}
