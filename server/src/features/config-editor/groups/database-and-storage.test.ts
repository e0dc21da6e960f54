import type { Settings } from '../bundle.ts'
import { describeRules, fails } from '../rule-suite.ts'

const storage = (engine: string, parameters: Settings = {}) => ({
  DISTRIBUTED_STORAGE_CONFIG: { main: [engine, parameters] },
})
const s3 = { s3_bucket: 'b', s3_access_key: 'k', s3_secret_key: 's' }

describeRules('database, Redis and storage', [
  [
    { DB_URI: 'postgresql://db/quay' },
    ['Database [DB_URI] Could not connect to database. Error: no route'],
    { live: { database: fails('no route') } },
  ],

  [
    { BUILDLOGS_REDIS: {}, USER_EVENTS_REDIS: { port: 1 } },
    [
      'Redis [BUILDLOGS_REDIS.HOST] BUILDLOGS_REDIS.HOST is required',
      'Redis [USER_EVENTS_REDIS.HOST] USER_EVENTS_REDIS.HOST is required',
    ],
  ],
  [{ USER_EVENTS_REDIS: null }, ['Redis [USER_EVENTS_REDIS] USER_EVENTS_REDIS is required']],
  [
    { PULL_METRICS_REDIS: { db: 1 } },
    ['Redis [PULL_METRICS_REDIS.HOST] PULL_METRICS_REDIS.HOST is required'],
  ],
  [
    { PULL_METRICS_REDIS: { host: 'redis' } },
    ['BUILDLOGS_REDIS', 'USER_EVENTS_REDIS', 'PULL_METRICS_REDIS'].map(
      (key) =>
        `Redis [${key}] Could not connect to Redis with values provided in ${key}. Error: refused`,
    ),
    { live: { redis: fails('refused') } },
  ],
  [
    { PULL_METRICS_REDIS: { host: 'redis' } },
    ['BUILDLOGS_REDIS', 'USER_EVENTS_REDIS'].map(
      (key) =>
        `Redis [${key}] Could not connect to Redis with values provided in ${key}. Error: refused`,
    ),
    { live: { redis: fails('refused') }, mode: 'testing' },
  ],

  [
    { FEATURE_STORAGE_REPLICATION: true },
    [
      'DistributedStorage [FEATURE_STORAGE_REPLICATION] FEATURE_STORAGE_REPLICATION is not supported by LocalStorage.',
    ],
  ],
  [
    storage('RadosGWStorage'),
    ['access_key', 'secret_key', 'hostname', 'bucket_name'].map(
      (name) =>
        `DistributedStorage [DISTRIBUTED_STORAGE_CONFIG.main.${name}] DISTRIBUTED_STORAGE_CONFIG.main.${name} is required`,
    ),
  ],
  [
    storage('S3Storage'),
    [
      'DistributedStorage [DISTRIBUTED_STORAGE_CONFIG.main.s3_bucket] DISTRIBUTED_STORAGE_CONFIG.main.s3_bucket is required',
    ],
  ],
  [
    storage('S3Storage', s3),
    ['DistributedStorage [DISTRIBUTED_STORAGE_CONFIG] Could not find bucket (b) in storage (main)'],
    {
      live: {
        bucket: (location, { bucket }) =>
          Promise.resolve(`Could not find bucket (${bucket}) in storage (${location})`),
      },
    },
  ],
  [
    storage('AzureStorage'),
    ['azure_container', 'azure_account_name'].map(
      (name) =>
        `DistributedStorage [DISTRIBUTED_STORAGE_CONFIG.main.${name}] DISTRIBUTED_STORAGE_CONFIG.main.${name} is required`,
    ),
  ],
  [
    storage('SwiftStorage', {
      auth_url: 'http://s',
      swift_container: 'c',
      swift_user: 'u',
      swift_password: 'p',
      auth_version: 4,
    }),
    ['DistributedStorage [DISTRIBUTED_STORAGE_CONFIG] 4 must be either 1, 2, or 3.'],
  ],
  [
    storage('SwiftStorage', {
      auth_url: 'http://s',
      swift_container: 'c',
      swift_user: 'u',
      swift_password: 'p',
      auth_version: 3,
    }),
    [
      'DistributedStorage [DISTRIBUTED_STORAGE_CONFIG] Swift auth v3 requires a domain (string) in os_options',
    ],
  ],
  [
    storage('SwiftStorage', {
      auth_url: 'http://s',
      swift_container: 'c',
      swift_user: 'u',
      swift_password: 'p',
      auth_version: 3,
      os_options: { user_domain_name: 'd' },
    }),
    [
      'DistributedStorage [DISTRIBUTED_STORAGE_CONFIG] Swift auth v3 requires tenant_id (string) in os_options',
    ],
  ],
  [
    storage('CloudFlareStorage', s3),
    [
      'DistributedStorage [DISTRIBUTED_STORAGE_CONFIG.main.cloudflare_domain] DISTRIBUTED_STORAGE_CONFIG.main.cloudflare_domain is required',
    ],
  ],
  [
    storage('MultiCDNStorage', { providers: {}, storage_config: {} }),
    [
      'DistributedStorage [DISTRIBUTED_STORAGE_CONFIG.main.default_provider] DISTRIBUTED_STORAGE_CONFIG.main.default_provider is required',
    ],
  ],
  [
    storage('constructor'),
    ['DistributedStorage [DISTRIBUTED_STORAGE_CONFIG] constructor is not a valid storage type.'],
  ],
])
