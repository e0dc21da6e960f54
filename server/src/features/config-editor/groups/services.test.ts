import { describeRules, fails, type Row } from '../rule-suite.ts'

const elasticsearch = { host: 'logs', port: 9200, access_key: 'a', secret_key: 'b' }
const cached = 'DATA_MODEL_CACHE_CONFIG'

describeRules('mail, scanner, logs, tags and caches', [
  [{ FEATURE_MAILING: true }, ['Email [MAIL_SERVER] MAIL_SERVER is required']],
  [
    { FEATURE_MAILING: true, MAIL_SERVER: 'm', FEATURE_FIPS: true },
    ['Email [MAIL_USE_TLS FEATURE_FIPS] MAIL_USE_TLS must be enabled when running in FIPS mode.'],
  ],
  [
    { FEATURE_MAILING: true, MAIL_SERVER: 'm' },
    ['Email [MAIL_SERVER] Cannot reach m. Error: 587'],
    {
      live: {
        mail: ({ server, port }) =>
          Promise.resolve({
            message: `Cannot reach ${server}. Error: ${String(port)}`,
            tag: 'MAIL_SERVER',
          }),
      },
    },
  ],

  [
    { FEATURE_SECURITY_SCANNER: true },
    [
      'SecurityScanner [SECURITY_SCANNER_ENDPOINT SECURITY_SCANNER_V4_ENDPOINT] At least one of SECURITY_SCANNER_ENDPOINT,SECURITY_SCANNER_V4_ENDPOINT must be present',
    ],
  ],
  [
    { FEATURE_SECURITY_SCANNER: true, SECURITY_SCANNER_V4_ENDPOINT: 'clair' },
    [
      'SecurityScanner [SECURITY_SCANNER_V4_ENDPOINT] SECURITY_SCANNER_V4_ENDPOINT must be of type URL',
    ],
  ],
  [
    { FEATURE_REPO_MIRROR: true, REPO_MIRROR_SERVER_HOSTNAME: 'a b' },
    [
      'RepoMirror [REPO_MIRROR_SERVER_HOSTNAME] REPO_MIRROR_SERVER_HOSTNAME must be of type Hostname',
    ],
  ],
  [
    { DEFAULT_TAG_EXPIRATION: '3w' },
    [
      'TimeMachine [DEFAULT_TAG_EXPIRATION] The default tag expiration period must be included in the allowed expiration periods.',
    ],
  ],
  [
    { TEAM_RESYNC_STALE_TIME: 'soon' },
    [
      'TeamSyncing [TEAM_RESYNC_STALE_TIME] TEAM_RESYNC_STALE_TIME must have the regex pattern ^[0-9]+(w|m|d|h|s)$',
    ],
  ],
  [
    { FEATURE_ACTION_LOG_ROTATION: true },
    ['ACTION_LOG_ARCHIVE_PATH', 'ACTION_LOG_ARCHIVE_LOCATION'].map(
      (key) => `ActionLogArchiving [${key}] ${key} is required`,
    ),
  ],
  [
    {
      FEATURE_ACTION_LOG_ROTATION: true,
      ACTION_LOG_ARCHIVE_PATH: 'p',
      ACTION_LOG_ARCHIVE_LOCATION: 'x',
    },
    [
      'ActionLogArchiving [ACTION_LOG_ARCHIVE_LOCATION DISTRIBUTED_STORAGE_CONFIG] ACTION_LOG_ARCHIVE_LOCATION must be in DISTRIBUTED_STORAGE_CONFIG',
    ],
  ],
  [
    { LOGS_MODEL: 'elasticsearch' },
    ['ElasticSearch [LOGS_MODEL_CONFIG] LOGS_MODEL_CONFIG is required for Elasticsearch'],
  ],
  [
    { LOGS_MODEL: 'elasticsearch', LOGS_MODEL_CONFIG: {} },
    [
      'ElasticSearch [LOGS_MODEL_CONFIG.ELASTIC_SEARCH_CONFIG] LOGS_MODEL_CONFIG.ELASTIC_SEARCH_CONFIG is required for Elasticsearch',
    ],
  ],
  [
    { LOGS_MODEL: 'elasticsearch', LOGS_MODEL_CONFIG: { elasticsearch_config: {} } },
    ['HOST', 'PORT', 'ACCESS_KEY', 'SECRET_KEY'].map(
      (name) =>
        `ElasticSearch [LOGS_MODEL_CONFIG.ELASTIC_SEARCH_CONFIG.${name}] LOGS_MODEL_CONFIG.ELASTIC_SEARCH_CONFIG.${name} is required for Elasticsearch`,
    ),
  ],
  [
    { LOGS_MODEL: 'elasticsearch', LOGS_MODEL_CONFIG: { elasticsearch_config: elasticsearch } },
    [
      'ElasticSearch [LOGS_MODEL_CONFIG.ELASTIC_SEARCH_CONFIG.ACCESS_KEY LOGS_MODEL_CONFIG.ELASTIC_SEARCH_CONFIG.SECRET_KEY] Could not validate Elasticsearch credentials',
    ],
    {
      live: {
        basicAuthStatus: (url) =>
          Promise.resolve(url === 'https://logs:9200/logentry_*' ? 401 : 200),
      },
    },
  ],

  ...(
    [
      [{}, 'must have method key with value `number_of_tags` or `creation_date`'],
      [{ method: 'number_of_tags' }, 'must have the key `value`'],
      [
        { method: 'number_of_tags', value: 'x' },
        'method `number_of_tags` must have an integer value',
      ],
      [
        { method: 'number_of_tags', value: 0 },
        'method `number_of_tags` must have an integer value more than 0',
      ],
      [
        { method: 'creation_date', value: 5 },
        'method `creation_date` must have a string type as value',
      ],
      [
        { method: 'creation_date', value: '5x' },
        'creation_date value must follow: `^([0-9]+[smdwy])$`',
      ],
    ] as const
  ).map(([policy, message]): Row => [
    { FEATURE_AUTO_PRUNE: true, DEFAULT_NAMESPACE_AUTOPRUNE_POLICY: policy },
    [
      `AutoPrune [DEFAULT_NAMESPACE_AUTOPRUNE_POLICY] DEFAULT_NAMESPACE_AUTOPRUNE_POLICY ${message}`,
    ],
  ]),
  [{ DEFAULT_NAMESPACE_AUTOPRUNE_POLICY: {} }, []],

  [
    { [cached]: { engine: 'noop' } },
    [
      `Cache [${cached}.engine] ${cached}.engine must be one of inmemory, memcached, redis, rediscluster.`,
    ],
  ],
  [
    { [cached]: { engine: 'inmemory', repository_blob_cache_ttl: '1y' } },
    [
      `Cache [${cached}.repository_blob_cache_ttl] ${cached}.repository_blob_cache_ttl must have the regex pattern ^[0-9]+(w|m|d|h|s)$`,
    ],
  ],
  [
    { [cached]: { engine: 'inmemory', value_size_limit: '1GiB' } },
    [
      `Cache [${cached}.value_size_limit] ${cached}.value_size_limit format invalid, value must conform to regular expression '([0-9]+)MiB'`,
    ],
  ],
  [
    { [cached]: { engine: 'inmemory', value_size_limit: '11MiB' } },
    [
      `Cache [${cached}.value_size_limit] ${cached}.value_size_limit is invalid: cache size cannot be larger than 10 MiB`,
    ],
  ],
  [
    { [cached]: { engine: 'memcached', endpoint: ['m', 11211] } },
    [
      `Cache [${cached}.endpoint] ${cached}.endpoint: memcached instance cannot be reached, error: refused`,
    ],
    { live: { tcp: fails('refused') } },
  ],
  [
    { [cached]: { engine: 'memcached', endpoint: ['m', 11211] } },
    [],
    { live: { tcp: fails('refused') }, mode: 'testing' },
  ],
  [
    { [cached]: { engine: 'redis', redis_config: { primary: { host: 'far' } } } },
    [
      `Cache [${cached}.redis_config.primary.host] Could not connect to Redis with values provided in ${cached}.redis_config.primary.host. Error: refused`,
    ],
    { live: { redis: ({ host }) => Promise.resolve(host === 'far' ? 'refused' : undefined) } },
  ],
  [
    { [cached]: { engine: 'rediscluster', redis_config: { startup_nodes: [{ host: 'far' }] } } },
    [
      `Cache [${cached}.startup_nodes.host] Could not connect to Redis with values provided in ${cached}.startup_nodes.host. Error: refused`,
    ],
    { live: { redis: ({ host }) => Promise.resolve(host === 'far' ? 'refused' : undefined) } },
  ],
  [
    { DOCUMENTATION_ROOT: 'docs' },
    ['QuayDocumentation [DOCUMENTATION_ROOT] Documentation root must be a valid url.'],
  ],
])
