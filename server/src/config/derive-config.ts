import { join, resolve } from 'node:path'
import { DEFAULT_CIPHERS } from 'node:tls'
import type { Config, TlsSettings, UnknownKey } from './config.ts'
import type { ConfigKeys } from './config-schema.ts'
import { databaseConfig } from './database-config.ts'
import { managementConfig } from './management-config.ts'
import { Secret } from './secret.ts'
import { storageConfig } from './storage-config.ts'

interface Surroundings {
  readonly configDir: string
  readonly dataDir: string
  readonly files: ReadonlySet<string>
  readonly ignored: readonly string[]
  readonly unknown: readonly UnknownKey[]
}

const logLevels = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const
const smallestPage = 100

/** From Quay's keys, all checked, to the shape that features read. */
export function deriveConfig(keys: ConfigKeys, around: Surroundings): Omit<Config, 'describe'> {
  const { configDir, dataDir, files, ignored, unknown } = around
  const tlsSettings = tlsSettingsOf(keys)
  const hasPair = files.has('ssl.cert') && files.has('ssl.key')
  const storage = storageConfig(
    keys.DISTRIBUTED_STORAGE_CONFIG,
    keys.DISTRIBUTED_STORAGE_PREFERENCE,
    dataDir,
  )
  if (storage === undefined) throw new TypeError('the storage location was not checked')
  return {
    dataDir,
    configDir,
    serverHostname: keys.SERVER_HOSTNAME,
    urlScheme: keys.PREFERRED_URL_SCHEME,
    externalTls: keys.EXTERNAL_TLS_TERMINATION,
    listen: {
      ...listenHosts(keys.MOORING_LISTEN_HOST),
      ...(keys.MOORING_HTTP_HOST !== undefined && { httpHost: keys.MOORING_HTTP_HOST }),
      ...(keys.MOORING_METRICS_HOST !== undefined && {
        metricsHost: keys.MOORING_METRICS_HOST,
      }),
      family: keys.FEATURE_LISTEN_IP_VERSION,
      httpPort: keys.MOORING_HTTP_PORT,
      httpsPort: keys.MOORING_HTTPS_PORT,
      metricsPort: keys.MOORING_METRICS_PORT,
    },
    ...(hasPair && {
      tls: {
        certificateFile: join(configDir, 'ssl.cert'),
        keyFile: join(configDir, 'ssl.key'),
        ...tlsSettings,
      },
    }),
    tlsSettings,
    certificates: {
      lifeDays: keys.MOORING_CERTIFICATE_DAYS,
      ...(keys.MOORING_CERTIFICATE_RENEW_BEFORE !== undefined && {
        renewBeforeMs: keys.MOORING_CERTIFICATE_RENEW_BEFORE,
      }),
    },
    database: databaseConfig(keys.DB_URI, keys.DB_CONNECTION_ARGS, around),
    storage,
    logLevel: logLevels[keys.LOGGING_LEVEL],
    registryState: keys.REGISTRY_STATE,
    disablePushes: keys.DISABLE_PUSHES,
    upgradeSnapshot: keys.MOORING_UPGRADE_SNAPSHOT,
    ...backupConfig(keys, configDir),
    bundlePaths: bundlePaths(keys, configDir, dataDir),
    features: {
      anonymousAccess: keys.FEATURE_ANONYMOUS_ACCESS,
      superUsers: keys.FEATURE_SUPER_USERS,
      superusersFullAccess: keys.FEATURE_SUPERUSERS_FULL_ACCESS,
      restrictedUsers: keys.FEATURE_RESTRICTED_USERS,
      extendedRepositoryNames: keys.FEATURE_EXTENDED_REPOSITORY_NAMES,
      librarySupport: keys.FEATURE_LIBRARY_SUPPORT,
      publicCatalog: keys.FEATURE_PUBLIC_CATALOG,
      advertiseV2: keys.FEATURE_ADVERTISE_V2,
      generalOciSupport: keys.FEATURE_GENERAL_OCI_SUPPORT,
      sparseIndex: keys.FEATURE_SPARSE_INDEX,
      referrersApi: keys.FEATURE_REFERRERS_API,
      directLogin: keys.FEATURE_DIRECT_LOGIN,
      userCreation: keys.FEATURE_USER_CREATION,
      inviteOnlyUserCreation: keys.FEATURE_INVITE_ONLY_USER_CREATION,
      userInitialize: keys.FEATURE_USER_INITIALIZE,
      userRename: keys.FEATURE_USER_RENAME,
      usernameConfirmation: keys.FEATURE_USERNAME_CONFIRMATION,
      userMetadata: keys.FEATURE_USER_METADATA,
      userLastAccessed: keys.FEATURE_USER_LAST_ACCESSED,
      partialUserAutocomplete: keys.FEATURE_PARTIAL_USER_AUTOCOMPLETE,
      superusersOrgCreationOnly: keys.FEATURE_SUPERUSERS_ORG_CREATION_ONLY,
      superuserConfigdump: keys.FEATURE_SUPERUSER_CONFIGDUMP,
      requireTeamInvite: keys.FEATURE_REQUIRE_TEAM_INVITE,
      teamSyncing: keys.FEATURE_TEAM_SYNCING,
      nonsuperuserTeamSyncingSetup: keys.FEATURE_NONSUPERUSER_TEAM_SYNCING_SETUP,
      orgSharedEmail: keys.FEATURE_ORG_SHARED_EMAIL,
      requireEncryptedBasicAuth: keys.FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH,
      assignOauthToken: keys.FEATURE_ASSIGN_OAUTH_TOKEN,
      appSpecificTokens: keys.FEATURE_APP_SPECIFIC_TOKENS,
      changeTagExpiration: keys.FEATURE_CHANGE_TAG_EXPIRATION,
      immutableTags: keys.FEATURE_IMMUTABLE_TAGS,
      immutableTagsCanExpire: keys.FEATURE_IMMUTABLE_TAGS_CAN_EXPIRE,
      imagePullStats: keys.FEATURE_IMAGE_PULL_STATS,
      imageExpiryTrigger: keys.FEATURE_IMAGE_EXPIRY_TRIGGER,
      repoMirror: keys.FEATURE_REPO_MIRROR,
      orgMirror: keys.FEATURE_ORG_MIRROR,
      proxyCache: keys.FEATURE_PROXY_CACHE,
      proxyCacheBlobDownload: keys.FEATURE_PROXY_CACHE_BLOB_DOWNLOAD,
      garbageCollection: keys.FEATURE_GARBAGE_COLLECTION,
      staleTransferCleanup: keys.FEATURE_ENABLE_STALE_MPU_CLEANUP,
      repositoryGarbageCollection: keys.FEATURE_REPOSITORY_GARBAGE_COLLECTION,
      namespaceGarbageCollection: keys.FEATURE_NAMESPACE_GARBAGE_COLLECTION,
      quotaManagement: keys.FEATURE_QUOTA_MANAGEMENT,
      editQuota: keys.FEATURE_EDIT_QUOTA,
      quotaSuppressFailures: keys.FEATURE_QUOTA_SUPPRESS_FAILURES,
      logExport: keys.FEATURE_LOG_EXPORT,
      aggregatedLogCountRetrieval: keys.FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL,
      mailing: keys.FEATURE_MAILING ?? keys.MAIL_SERVER !== '',
    },
    libraryNamespace: keys.LIBRARY_NAMESPACE,
    superUsers: keys.SUPER_USERS,
    globalReadonlySuperUsers: keys.GLOBAL_READONLY_SUPER_USERS,
    ...(keys.RESTRICTED_USERS_WHITELIST && {
      restrictedUsersWhitelist: keys.RESTRICTED_USERS_WHITELIST,
    }),
    createPrivateRepoOnPush: keys.CREATE_PRIVATE_REPO_ON_PUSH,
    createNamespaceOnPush: keys.CREATE_NAMESPACE_ON_PUSH,
    v2PageSize: Math.max(keys.V2_PAGINATION_SIZE, smallestPage),
    maximumLayerBytes: keys.MAXIMUM_LAYER_SIZE,
    pushTempTagExpirationMs: keys.PUSH_TEMP_TAG_EXPIRATION_SEC * 1_000,
    defaultTagExpirationMs: keys.DEFAULT_TAG_EXPIRATION,
    tagExpirationOptionsMs: keys.TAG_EXPIRATION_OPTIONS,
    uploadLifetimeMs: keys.BLOBUPLOAD_DELETION_DATE_THRESHOLD * 60_000,
    uploadCleanupEveryMs: keys.BLOBUPLOAD_CLEANUP_FREQUENCY * 1_000,
    robots: { disallow: keys.ROBOTS_DISALLOW, whitelist: keys.ROBOTS_WHITELIST },
    audit: {
      logins: keys.ACTION_LOG_AUDIT_LOGINS,
      loginFailures: keys.ACTION_LOG_AUDIT_LOGIN_FAILURES,
      pushFailures: keys.ACTION_LOG_AUDIT_PUSH_FAILURES,
      pullFailures: keys.ACTION_LOG_AUDIT_PULL_FAILURES,
      deleteFailures: keys.ACTION_LOG_AUDIT_DELETE_FAILURES,
      disabledNamespaces: keys.DISABLED_FOR_AUDIT_LOGS,
      pullsDisabledNamespaces: keys.DISABLED_FOR_PULL_LOGS,
    },
    registryJwtMaxFreshMs: keys.REGISTRY_JWT_AUTH_MAX_FRESH_S * 1_000,
    diskspaceHealthThreshold: keys.DISKSPACE_HEALTH_THRESHOLD,
    diskspaceWarningThreshold: keys.DISKSPACE_HEALTH_WARNING_THRESHOLD,
    ...managementConfig(keys),
    secretKey: new Secret(keys.SECRET_KEY),
    databaseSecretKey: new Secret(keys.DATABASE_SECRET_KEY),
    ignored,
    unknown,
  }
}

function bundlePaths(keys: ConfigKeys, configDir: string, dataDir: string): readonly string[] {
  const given = keys.MOORING_BUNDLE_PATHS
  return given.length === 0
    ? [join(dataDir, 'bundles')]
    : given.map((place) => resolve(configDir, place))
}

function backupConfig(keys: ConfigKeys, configDir: string): Pick<Config, 'backups'> {
  const target = keys.MOORING_BACKUP_TARGET
  if (target === undefined) return {}
  const passphraseFile = keys.MOORING_BACKUP_PASSPHRASE_FILE
  return {
    backups: {
      target,
      everyMs: keys.MOORING_BACKUP_EVERY,
      ...(keys.MOORING_BACKUP_KEEP !== undefined && { keep: keys.MOORING_BACKUP_KEEP }),
      ...(passphraseFile !== undefined && { passphraseFile: resolve(configDir, passphraseFile) }),
    },
  }
}

const isTls13Suite = (name: string) => name.startsWith('TLS_')

function tlsSettingsOf(keys: ConfigKeys): TlsSettings {
  // Node switches a protocol off whose ciphers are missing from the one list that it takes.
  const usual = DEFAULT_CIPHERS.split(':')
  const suites =
    keys.SSL_CIPHERSUITES.length > 0 ? keys.SSL_CIPHERSUITES : usual.filter(isTls13Suite)
  const older =
    keys.SSL_CIPHERS.length > 0 ? keys.SSL_CIPHERS : usual.filter((c) => !isTls13Suite(c))
  const chosen = keys.SSL_CIPHERS.length > 0 || keys.SSL_CIPHERSUITES.length > 0
  return {
    protocols: keys.SSL_PROTOCOLS,
    ...(chosen && { ciphers: [...suites, ...older] }),
  }
}

function listenHosts([host, ...moreHosts]: readonly string[] = []) {
  return {
    ...(host !== undefined && { host }),
    ...(moreHosts.length > 0 && { moreHosts }),
  }
}
