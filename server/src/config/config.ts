import type { LogLevel } from '../platform/logger.ts'
import type { WeeklyWindow } from '../platform/weekly-window.ts'
import type { SettingsDescription } from './describe-settings.ts'
import type {
  ListenConfig,
  TlsConfig,
  TlsSettings,
  CertificateConfig,
  DatabaseConfig,
  StorageConfig,
} from './place-config.ts'
import type { Secret } from './secret.ts'

export { ConfigError, type ConfigProblem } from './config-error.ts'
export type { ConfigFlags, Environment } from './config-sources.ts'
export { isServerHostname } from './field-types.ts'
export {
  describeEnvironment,
  settingsSchema,
  type SettingsDescription,
} from './describe-settings.ts'
export { configWarnings } from './config-warnings.ts'
export { loadConfig, type ConfigInput } from './load-config.ts'
export type {
  ListenConfig,
  TlsConfig,
  TlsSettings,
  CertificateConfig,
  TlsProtocol,
  DatabaseConfig,
  SqliteConfig,
  PostgresqlConfig,
  PostgresqlTls,
  StorageConfig,
  DiskStorageConfig,
  S3StorageConfig,
} from './place-config.ts'
export { printConfig } from './print-config.ts'
export { environment, readConfig } from './read-config.ts'
export { Secret } from './secret.ts'

/** All settings of one server: typed, derived and valid. Features read these and never guess again. */
export interface Config {
  /** Absolute. Database, blobs and whatever else the server writes. */
  readonly dataDir: string
  /** Absolute. The folder of config.yaml, `ssl.cert` and `ssl.key`. */
  readonly configDir: string

  /** SERVER_HOSTNAME, `host[:port]`; an IPv6 address stands in brackets. */
  readonly serverHostname: string
  /** PREFERRED_URL_SCHEME, of the addresses that we hand out. */
  readonly urlScheme: 'http' | 'https'
  /** EXTERNAL_TLS_TERMINATION: somebody in front of us speaks TLS. */
  readonly externalTls: boolean
  readonly listen: ListenConfig
  /** Present when the bundle holds `ssl.cert` and `ssl.key`. */
  readonly tls?: TlsConfig
  /** How HTTPS is spoken once there is a pair, whenever that comes. */
  readonly tlsSettings: TlsSettings

  readonly certificates: CertificateConfig

  readonly database: DatabaseConfig
  readonly storage: StorageConfig

  readonly logLevel: LogLevel
  readonly registryState: 'normal' | 'readonly'
  readonly disablePushes: boolean
  /** MOORING_UPGRADE_SNAPSHOT; SQLite is always kept before an upgrade. */
  readonly upgradeSnapshot: boolean
  /** Backups that the server makes by itself; absent: none. */
  readonly backups?: BackupConfig
  /** Where bundles that people name by a path may lie. Absolute. */
  readonly bundlePaths: readonly string[]
  readonly features: FeatureConfig

  readonly libraryNamespace: string
  readonly superUsers: readonly string[]
  readonly globalReadonlySuperUsers: readonly string[]
  /** Absent: nobody is exempt from `features.restrictedUsers`. */
  readonly restrictedUsersWhitelist?: readonly string[]

  readonly createPrivateRepoOnPush: boolean
  readonly createNamespaceOnPush: boolean

  /** Default and largest page of the lists under `/v2`; never below 100. */
  readonly v2PageSize: number
  readonly maximumLayerBytes: number
  readonly pushTempTagExpirationMs: number
  readonly defaultTagExpirationMs: number
  readonly tagExpirationOptionsMs: readonly number[]
  /** Age at which an unfinished upload is removed. */
  readonly uploadLifetimeMs: number
  readonly uploadCleanupEveryMs: number

  readonly robots: { readonly disallow: boolean; readonly whitelist: readonly string[] }
  readonly audit: AuditConfig
  /** Longest lifetime accepted on a registry bearer token. */
  readonly registryJwtMaxFreshMs: number
  /** Free share of the disk, 0 to 1, below which the server calls itself unhealthy. */
  readonly diskspaceHealthThreshold: number

  /** The same for `/health/warning`. */
  readonly diskspaceWarningThreshold: number
  readonly sessions: SessionConfig
  readonly mail: MailConfig
  readonly notifications: NotificationConfig
  readonly oauth: OAuthConfig
  readonly appTokens: AppTokenConfig
  readonly timeMachine: TimeMachineConfig
  readonly collection: CollectionConfig
  readonly quota: QuotaConfig
  /** MOORING_PROXY_CACHE_LIMIT: how much each cache of another registry may hold. */
  readonly proxyCacheLimitBytes?: number
  readonly logs: LogConfig
  readonly search: { readonly pageSize: number; readonly maxPages: number }
  readonly serviceKeys: { readonly unapprovedTtlMs: number; readonly expiredTtlMs: number }
  readonly outgoing: OutgoingConfig
  /** MOORING_UPSTREAM_BANDWIDTH */
  readonly upstreamBandwidth: BandwidthConfig
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY: the way to other registries. */
  readonly upstreamProxy: UpstreamProxyConfig
  readonly mirrors: MirrorConfig
  readonly orgMirrors: OrgMirrorConfig
  readonly interface: InterfaceConfig
  /** USER_RECOVERY_TOKEN_LIFETIME */
  readonly recoveryLinkLifeMs: number
  /** Namespaces that everybody sees in the list of their organizations. */
  readonly publicNamespaces: readonly string[]
  /** Origins that browsers may call the API from; `*` is everyone, without credentials. */
  readonly corsOrigins: readonly string[]
  /** Label keys that the API does not set, beside those that nobody may. */
  readonly labelKeyReservedPrefixes: readonly string[]
  /** Encrypts the page tokens of lists; absent: a key derived from SECRET_KEY. */
  readonly pageTokenKey?: Secret
  readonly secretKey: Secret
  readonly databaseSecretKey: Secret

  /** Quay keys in the file that have no effect in this version. */
  readonly ignored: readonly string[]
  readonly unknown: readonly UnknownKey[]
  /** The settings as they were given, with every secret masked. */
  readonly describe: () => SettingsDescription
}

export interface UnknownKey {
  readonly key: string
  readonly didYouMean?: string
}

export interface MirrorConfig {
  /** How often mirrors that are due are looked for. */
  readonly everyMs: number
  /** Whether a run that failed leaves the repository as it was before. */
  readonly rollback: boolean
  readonly rollbackPageSize: number
  /** How many workers there should be; absent: as many as there are. */
  readonly workers?: number
  /** Of an index that platforms are chosen from: what is larger is refused, entries beyond are not seen. */
  readonly indexLimits: { readonly sizeBytes: number; readonly entries: number }
}

export interface OrgMirrorConfig {
  /** How often organizations and their repositories that are due are looked for. */
  readonly everyMs: number
  /** After this long a search for repositories is given up. */
  readonly longestDiscoveryMs: number
}

export interface FeatureConfig {
  readonly anonymousAccess: boolean
  readonly superUsers: boolean
  readonly superusersFullAccess: boolean
  readonly restrictedUsers: boolean
  readonly extendedRepositoryNames: boolean
  readonly librarySupport: boolean
  readonly publicCatalog: boolean
  readonly advertiseV2: boolean
  readonly generalOciSupport: boolean
  readonly sparseIndex: boolean
  readonly referrersApi: boolean
  readonly directLogin: boolean
  readonly userCreation: boolean
  readonly inviteOnlyUserCreation: boolean
  readonly userInitialize: boolean
  readonly userRename: boolean
  readonly usernameConfirmation: boolean
  readonly userMetadata: boolean
  readonly userLastAccessed: boolean
  readonly partialUserAutocomplete: boolean
  readonly superusersOrgCreationOnly: boolean
  readonly superuserConfigdump: boolean
  readonly requireTeamInvite: boolean
  readonly teamSyncing: boolean
  readonly nonsuperuserTeamSyncingSetup: boolean
  readonly orgSharedEmail: boolean
  readonly requireEncryptedBasicAuth: boolean
  readonly assignOauthToken: boolean
  readonly appSpecificTokens: boolean
  readonly changeTagExpiration: boolean
  readonly immutableTags: boolean
  readonly immutableTagsCanExpire: boolean
  readonly imagePullStats: boolean
  /** People may be told before images expire. */
  readonly imageExpiryTrigger: boolean
  readonly repoMirror: boolean
  /** Organizations may follow a namespace of another registry. */
  readonly orgMirror: boolean
  /** Organizations may be caches of other registries. */
  readonly proxyCache: boolean
  /** Their blobs are fetched ahead, before a client asks for them. */
  readonly proxyCacheBlobDownload: boolean
  readonly garbageCollection: boolean
  /** Ends what crashes left under way to a bucket. */
  readonly staleTransferCleanup: boolean
  readonly repositoryGarbageCollection: boolean
  readonly namespaceGarbageCollection: boolean
  readonly quotaManagement: boolean
  readonly editQuota: boolean
  readonly quotaSuppressFailures: boolean
  readonly logExport: boolean
  readonly aggregatedLogCountRetrieval: boolean
  /** Mail is sent, so people need an address that they confirmed. */
  readonly mailing: boolean
}

export interface BackupConfig {
  /** A directory, or `s3://bucket/prefix`. */
  readonly target: string
  readonly everyMs: number
  /** How many of the latest stay; absent: all. */
  readonly keep?: number
  /** Its first line seals database and configuration. Absolute. */
  readonly passphraseFile?: string
}

export interface SessionConfig {
  readonly cookieName: string
  readonly secure: boolean
  /** Cookies outlive the browser. */
  readonly permanent: boolean
  readonly lifeMs: number
  /** Age of a password entry after which sensitive calls ask for it again. */
  readonly freshLoginMs: number
  /** Browsers must send `X-Requested-With`, which other sites cannot. */
  readonly xhrOnly: boolean
}

export interface MailConfig {
  readonly server: string
  readonly port: number
  readonly useTls: boolean
  readonly username?: string
  readonly password?: Secret
  readonly sender: string
}

/** What repositories tell about themselves. */
export interface NotificationConfig {
  readonly sendTimeoutMs: number
  /** Between two looks at which images expire. */
  readonly expiryEveryMs: number
  readonly flowdockUrl: string
  readonly hipchatUrl: string
}

export interface OAuthConfig {
  /** Applications that get tokens without asking their user. */
  readonly directClientIds: readonly string[]
  /** Path of the page that shows a token drawn for oneself. */
  readonly localHandler: string
  /** Most tokens of an application that have not expired; absent: no limit. */
  readonly tokensPerApplication?: number
}

export interface AppTokenConfig {
  /** Absent: they do not expire. */
  readonly lifeMs?: number
  /** How long an expired token stays visible; absent: for ever. */
  readonly keepExpiredMs?: number
}

export interface TimeMachineConfig {
  readonly permanentlyDeleteTags: boolean
  /** Holds on the children of an index end when the index's tag moves or goes. */
  readonly resetChildManifestExpiration: boolean
  /** Bounds of an expiry that the API sets, counted from the tag's start. */
  readonly labeledMinimumMs: number
  readonly labeledMaximumMs: number
}

export interface CollectionConfig {
  readonly everyMs: number
  /** Delay before a deleted namespace is purged, for the namespaces listed. */
  readonly graceMs: number
  readonly graceNamespaces: readonly string[]
}

export interface QuotaConfig {
  /** Of namespaces that have no quota of their own; absent: none. */
  readonly defaultRejectBytes?: number
  /** Sizes of what was there before are counted in the background. */
  readonly backfill: boolean
  readonly backfillDelayMs: number
  readonly backfillEveryMs: number
  readonly backfillBatchSize: number
  /** While sizes are not kept, what changes makes them stale. */
  readonly invalidateTotals: boolean
}

export interface LogConfig {
  /** Deepest page of a log list; absent: no limit. */
  readonly maxPage?: number
  readonly exportLifeMs: number
  readonly allowWithoutStrict: boolean
  readonly allowPullsWithoutStrict: boolean
}

/** How much of the line to other registries is used. */
export interface BandwidthConfig {
  readonly all: BandwidthSchedule
  /** Of single ones, by `host[:port]`, within what all may use. */
  readonly hosts: ReadonlyMap<string, BandwidthSchedule>
}

export interface BandwidthSchedule {
  /** Outside of the windows; absent: no limit. */
  readonly bytesPerSecond?: number
  readonly windows: readonly BandwidthWindow[]
}

export interface BandwidthWindow extends WeeklyWindow {
  /** Absent: no limit. */
  readonly bytesPerSecond?: number
}

/** Where the server may be sent by a URL that somebody gave it. */
export interface OutgoingConfig {
  readonly allowedHosts: readonly string[]
  readonly blockedHosts: readonly string[]
}

/** Where nothing is set, the way is direct. */
export interface UpstreamProxyConfig {
  readonly httpProxy?: string
  readonly httpsProxy?: string
  readonly noProxy?: string
}

/** What the interface shows and does not check. */
export interface InterfaceConfig {
  readonly title: string
  readonly titleShort: string
  readonly avatarKind: 'local' | 'gravatar'
  readonly contactInfo: readonly string[]
  readonly branding: Readonly<Record<string, unknown>>
  readonly footerLinks: Readonly<Record<string, unknown>>
}

export interface AuditConfig {
  readonly logins: boolean
  readonly loginFailures: boolean
  readonly pushFailures: boolean
  readonly pullFailures: boolean
  readonly deleteFailures: boolean
  /** Namespaces of which nothing is logged. */
  readonly disabledNamespaces: readonly string[]
  /** Namespaces whose pulls are not logged. */
  readonly pullsDisabledNamespaces: readonly string[]
}
