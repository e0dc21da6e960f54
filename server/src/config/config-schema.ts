import { z } from 'zod'
import {
  choice,
  duration,
  flag,
  hostname,
  integer,
  listenHost,
  port,
  secretText,
  share,
  size,
  text,
  textList,
} from './field-types.ts'
import { databaseArguments, databaseUri } from './database-config.ts'
import { storageLocations } from './storage-config.ts'

/**
 * Every key of config.yaml that has an effect in this version, by its name in Quay. The keys that
 * begin with MOORING_ are our own.
 */
export const configSchema = z.object({
  SERVER_HOSTNAME: hostname(),
  PREFERRED_URL_SCHEME: choice('http', 'https').default('http'),
  EXTERNAL_TLS_TERMINATION: flag().default(false),
  SSL_PROTOCOLS: z
    .array(choice('TLSv1.2', 'TLSv1.3'), 'must be of type array')
    .min(1, 'must name at least one of TLSv1.2, TLSv1.3.')
    .default(['TLSv1.2', 'TLSv1.3']),
  SSL_CIPHERS: textList().default([]),
  SSL_CIPHERSUITES: textList().default([]),

  FEATURE_LISTEN_IP_VERSION: choice('IPv4', 'IPv6', 'dual-stack').default('IPv4'),
  MOORING_LISTEN_HOST: listenHost().optional(),
  MOORING_HTTP_PORT: port().default(8080),
  MOORING_HTTPS_PORT: port().default(8443),
  MOORING_METRICS_PORT: port().default(9091),

  DB_URI: databaseUri(),
  DB_CONNECTION_ARGS: databaseArguments().prefault({}),
  DISTRIBUTED_STORAGE_CONFIG: storageLocations(),
  DISTRIBUTED_STORAGE_PREFERENCE: textList().default([]),

  SECRET_KEY: secretText(),
  DATABASE_SECRET_KEY: secretText(),
  SETUP_COMPLETE: flag().default(false),
  AUTHENTICATION_TYPE: choice('Database').default('Database'),

  LOGGING_LEVEL: choice('DEBUG', 'INFO', 'WARNING', 'ERROR').default('INFO'),
  REGISTRY_STATE: choice('normal', 'readonly').default('normal'),
  DISABLE_PUSHES: flag().default(false),

  FEATURE_ANONYMOUS_ACCESS: flag().default(true),
  FEATURE_SUPER_USERS: flag().default(true),
  FEATURE_SUPERUSERS_FULL_ACCESS: flag().default(false),
  FEATURE_RESTRICTED_USERS: flag().default(false),
  FEATURE_EXTENDED_REPOSITORY_NAMES: flag().default(true),
  FEATURE_LIBRARY_SUPPORT: flag().default(true),
  FEATURE_PUBLIC_CATALOG: flag().default(false),
  FEATURE_ADVERTISE_V2: flag().default(true),
  FEATURE_GENERAL_OCI_SUPPORT: flag().default(true),
  FEATURE_SPARSE_INDEX: flag().default(false),
  FEATURE_REFERRERS_API: flag().default(true),

  LIBRARY_NAMESPACE: text().default('library'),
  SUPER_USERS: textList().default([]),
  GLOBAL_READONLY_SUPER_USERS: textList().default([]),
  RESTRICTED_USERS_WHITELIST: textList().optional(),
  ROBOTS_DISALLOW: flag().default(false),
  ROBOTS_WHITELIST: textList().default([]),
  CREATE_PRIVATE_REPO_ON_PUSH: flag().default(true),
  CREATE_NAMESPACE_ON_PUSH: flag().default(false),

  V2_PAGINATION_SIZE: integer(1).default(50),
  MAXIMUM_LAYER_SIZE: size().prefault('20G'),
  PUSH_TEMP_TAG_EXPIRATION_SEC: integer(0).default(3_600),
  DEFAULT_TAG_EXPIRATION: duration().prefault('2w'),
  TAG_EXPIRATION_OPTIONS: z
    .array(duration(), 'must be of type array')
    .prefault(['0s', '1d', '1w', '2w', '4w']),
  BLOBUPLOAD_DELETION_DATE_THRESHOLD: integer(1).default(2_880),
  BLOBUPLOAD_CLEANUP_FREQUENCY: integer(1).default(3_600),
  REGISTRY_JWT_AUTH_MAX_FRESH_S: integer(1).default(3_660),
  DISKSPACE_HEALTH_THRESHOLD: share().default(0.01),

  ACTION_LOG_AUDIT_LOGINS: flag().default(true),
  ACTION_LOG_AUDIT_LOGIN_FAILURES: flag().default(false),
  ACTION_LOG_AUDIT_PUSH_FAILURES: flag().default(false),
  ACTION_LOG_AUDIT_PULL_FAILURES: flag().default(false),
  ACTION_LOG_AUDIT_DELETE_FAILURES: flag().default(false),
  DISABLED_FOR_AUDIT_LOGS: textList().default([]),
  DISABLED_FOR_PULL_LOGS: textList().default([]),
})

export type ConfigKeys = z.output<typeof configSchema>
