import { describe, expect, test } from 'vitest'
import { load, problemsOf } from './loading-suite.ts'

test('a small file gives a complete configuration with the documented defaults', () => {
  expect(load('')).toMatchObject({
    serverHostname: 'registry.example.com:8443',
    urlScheme: 'https',
    externalTls: false,
    listen: { family: 'IPv4', httpPort: 8080, httpsPort: 8443, metricsPort: 9091 },
    tls: {
      certificateFile: '/etc/mooring/ssl.cert',
      keyFile: '/etc/mooring/ssl.key',
      protocols: ['TLSv1.2', 'TLSv1.3'],
    },
    database: { kind: 'sqlite', file: '/var/lib/mooring/mooring.db' },
    storage: { kind: 'disk', location: 'local', path: '/var/lib/mooring/storage' },
    logLevel: 'info',
    registryState: 'normal',
    disablePushes: false,
    features: {
      anonymousAccess: true,
      superUsers: true,
      superusersFullAccess: false,
      restrictedUsers: false,
      extendedRepositoryNames: true,
      librarySupport: true,
      publicCatalog: false,
      advertiseV2: true,
      generalOciSupport: true,
      sparseIndex: false,
      referrersApi: true,
    },
    libraryNamespace: 'library',
    createPrivateRepoOnPush: true,
    createNamespaceOnPush: false,
    v2PageSize: 100,
    maximumLayerBytes: 20 * 1024 ** 3,
    pushTempTagExpirationMs: 3_600_000,
    defaultTagExpirationMs: 14 * 86_400_000,
    uploadLifetimeMs: 2 * 86_400_000,
    uploadCleanupEveryMs: 3_600_000,
    registryJwtMaxFreshMs: 3_660_000,
    diskspaceHealthThreshold: 0.01,
    ignored: [],
    unknown: [],
  })
})

describe('a value', () => {
  test.each([
    ['FEATURE_PUBLIC_CATALOG: "true"', { features: { publicCatalog: true } }],
    ['FEATURE_PUBLIC_CATALOG: yes', { features: { publicCatalog: true } }],
    ['FEATURE_ANONYMOUS_ACCESS: "False"', { features: { anonymousAccess: false } }],
    ['FEATURE_ANONYMOUS_ACCESS: null', { features: { anonymousAccess: true } }],
    ['V2_PAGINATION_SIZE: "250"', { v2PageSize: 250 }],
    ['V2_PAGINATION_SIZE: 10', { v2PageSize: 100 }],
    ['MAXIMUM_LAYER_SIZE: 512M', { maximumLayerBytes: 512 * 1024 ** 2 }],
    ['FEATURE_LISTEN_IP_VERSION: DUAL-stack', { listen: { family: 'dual-stack' } }],
    ['LOGGING_LEVEL: warning', { logLevel: 'warn' }],
    ['DEFAULT_TAG_EXPIRATION: 14d', { defaultTagExpirationMs: 14 * 86_400_000 }],
    ['BLOBUPLOAD_DELETION_DATE_THRESHOLD: 5', { uploadLifetimeMs: 300_000 }],
    ['SERVER_HOSTNAME: "[::1]:8443"', { serverHostname: '[::1]:8443' }],
    ['MOORING_LISTEN_HOST: "::1"', { listen: { host: '::1' } }],
    ['MOORING_LISTEN_HOST: 127.0.0.1, ::1', { listen: { host: '127.0.0.1', moreHosts: ['::1'] } }],
    ['MOORING_LISTEN_HOST: [a, b]', { listen: { host: 'a', moreHosts: ['b'] } }],
    ['SERVER_HOSTNAME: buildbox', { serverHostname: 'buildbox' }],
    ['SUPER_USERS: [quay, 42]', { superUsers: ['quay', '42'] }],
    ['DB_URI: sqlite:////srv/db/mooring.db', { database: { file: '/srv/db/mooring.db' } }],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {a: [LocalStorage, {storage_path: one}], b: [LocalStorage, {storage_path: /two}]}\nDISTRIBUTED_STORAGE_PREFERENCE: [b, a]',
      { storage: { location: 'b', path: '/two' } },
    ],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {a: [LocalStorage, {storage_path: one}], b: [S3Storage, {s3_bucket: x}]}\nDISTRIBUTED_STORAGE_PREFERENCE: [a]',
      { storage: { location: 'a', path: '/var/lib/mooring/one' } },
    ],
  ])('%s is understood', (line, expected) => {
    expect(load(line)).toMatchObject(expected)
  })

  test('a key given as a very long integer keeps every digit', () => {
    const digits = '73140254371032178395146892514238571'
    expect(load(`SECRET_KEY: ${digits}`).secretKey.reveal()).toBe(digits)
  })

  test.each([
    ['SERVER_HOSTNAME: https://registry.example.com', 'SERVER_HOSTNAME must be of type Hostname'],
    ['SERVER_HOSTNAME: host:99999', 'SERVER_HOSTNAME must be of type Hostname'],
    [
      'MOORING_LISTEN_HOST: 127.0.0.1:8443',
      'MOORING_LISTEN_HOST must be an IP address or a host name, without a port',
    ],
    ['PREFERRED_URL_SCHEME: ftp', 'PREFERRED_URL_SCHEME must be one of http, https.'],
    ['FEATURE_PUBLIC_CATALOG: maybe', 'FEATURE_PUBLIC_CATALOG must be of type bool'],
    ['V2_PAGINATION_SIZE: many', 'V2_PAGINATION_SIZE must be of type int, of 1 or more'],
    ['MOORING_HTTP_PORT: 70000', 'MOORING_HTTP_PORT must be of type int, from 0 to 65535'],
    ['MAXIMUM_LAYER_SIZE: 20K', 'MAXIMUM_LAYER_SIZE must have the regex pattern ^[0-9]+(G|M)$'],
    [
      'TAG_EXPIRATION_OPTIONS: [2w, soon]',
      'TAG_EXPIRATION_OPTIONS[1] must have the regex pattern ^[0-9]+(w|m|d|h|s)$',
    ],
    [
      'DEFAULT_TAG_EXPIRATION: 3w',
      'The default tag expiration period must be included in the allowed expiration periods.',
    ],
    ['SUPER_USERS: quay', 'SUPER_USERS must be of type array'],
    ['AUTHENTICATION_TYPE: LDAP', 'AUTHENTICATION_TYPE must be one of Database.'],
    ['DB_URI: null', 'DB_URI is required'],
    ['SSL_PROTOCOLS: [TLSv1]', 'SSL_PROTOCOLS[0] must be one of TLSv1.2, TLSv1.3.'],
    ['DISKSPACE_HEALTH_THRESHOLD: 5', 'DISKSPACE_HEALTH_THRESHOLD must be a number from 0 to 1'],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {}\nDISTRIBUTED_STORAGE_PREFERENCE: []',
      'DISTRIBUTED_STORAGE_CONFIG must contain at least one storage location.',
    ],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {local: LocalStorage}',
      'DISTRIBUTED_STORAGE_CONFIG object values must be of form (Name, Args)',
    ],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {local: [FloppyStorage, {}]}',
      'FloppyStorage is not a valid storage type.',
    ],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {local: [SwiftStorage, {}]}',
      'SwiftStorage is not supported by this version; use one of LocalStorage, S3Storage, RadosGWStorage, RHOCSStorage, IBMCloudStorage, GoogleCloudStorage',
    ],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {local: [S3Storage, {s3_bucket: x}]}',
      'DISTRIBUTED_STORAGE_CONFIG.local.storage_path is required',
    ],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {local: [LocalStorage, {}]}',
      'DISTRIBUTED_STORAGE_CONFIG.local.storage_path is required',
    ],
    [
      'DISTRIBUTED_STORAGE_CONFIG: {local: [LocalStorage, {storage_path: ../../etc}]}',
      'DISTRIBUTED_STORAGE_CONFIG.local.storage_path must be an absolute path or a path inside the data directory',
    ],
    [
      'DISTRIBUTED_STORAGE_PREFERENCE: [elsewhere]',
      'DISTRIBUTED_STORAGE_PREFERENCE must name locations of DISTRIBUTED_STORAGE_CONFIG; elsewhere is not there',
    ],
    [
      'MOORING_HTTPS_PORT: 8080',
      'MOORING_HTTP_PORT, MOORING_HTTPS_PORT and MOORING_METRICS_PORT must differ',
    ],
  ])('%s is refused', (line, expected) => {
    expect(problemsOf(() => load(line)).map((problem) => problem.expected)).toEqual([expected])
  })

  test.each([
    'sqlite:///../outside.db',
    'sqlite:///:memory:',
    'sqlite:///',
    'mysql://db/quay',
    'x',
  ])('the database address %s is refused', (uri) => {
    const problems = problemsOf(() => load(`DB_URI: "${uri}"`))
    expect(problems.map(({ key }) => key)).toEqual(['DB_URI'])
  })
})

describe('https', () => {
  test.each([
    [[], 'Certificates are required for SSL but are not present'],
    [['ssl.cert'], 'Certificate ssl.key is required for HostSettings .'],
    [['ssl.key'], 'Certificate ssl.cert is required for HostSettings .'],
  ])('with only %j in the bundle stops the start', (files, expected) => {
    expect(problemsOf(() => load('', { files }))).toMatchObject([
      { key: 'PREFERRED_URL_SCHEME', source: 'config.yaml line 2', expected },
    ])
  })

  test('needs no certificate when somebody else ends TLS', () => {
    const config = load('EXTERNAL_TLS_TERMINATION: true', { files: [] })
    expect(config.externalTls).toBe(true)
    expect(config.tls).toBeUndefined()
  })

  test('keeps both protocols usable when only one cipher list is given', () => {
    const older = load('SSL_CIPHERS: [ECDHE-RSA-AES128-GCM-SHA256]').tls?.ciphers ?? []
    expect(older).toContain('ECDHE-RSA-AES128-GCM-SHA256')
    expect(older).toContain('TLS_AES_256_GCM_SHA384')
    const newer = load('SSL_CIPHERSUITES: [TLS_AES_128_GCM_SHA256]').tls?.ciphers ?? []
    expect(newer.filter((name) => name.startsWith('TLS_'))).toEqual(['TLS_AES_128_GCM_SHA256'])
    expect(newer).toContain('ECDHE-RSA-AES128-GCM-SHA256')
  })
})

describe('PostgreSQL', () => {
  const uri = 'postgresql+psycopg2://quay:pass%40word@db.example.com:5433/quay'

  test('is reached by an address without TLS parameters and typed TLS settings', () => {
    const { database } = load(
      `DB_URI: ${uri}?sslmode=verify-full\nDB_CONNECTION_ARGS: {connect_timeout: 4, max_connections: "9", autorollback: true}`,
      { files: ['ssl.cert', 'ssl.key', 'database.pem'] },
    )
    if (database.kind !== 'postgresql') throw new Error('another database')
    expect(database.url.reveal()).toBe('postgresql://quay:pass%40word@db.example.com:5433/quay')
    expect(database).toMatchObject({
      tls: { mode: 'verify-full', rootCertificateFile: '/etc/mooring/database.pem' },
      connectTimeoutMs: 4_000,
      maxConnections: 9,
    })
  })

  test('finds certificates that the file names by their place in the mounted bundle', () => {
    const { database } = load(
      `DB_URI: ${uri}\nDB_CONNECTION_ARGS: {sslmode: verify-ca, sslrootcert: conf/stack/ca/db.pem}`,
    )
    expect(database).toMatchObject({
      tls: { mode: 'verify-ca', rootCertificateFile: '/etc/mooring/ca/db.pem' },
    })
  })
})

describe('where a value comes from', () => {
  const env = {
    MOORING_HTTP_PORT: '18080',
    QUAY_OVERRIDE_CONFIG: '{"MOORING_HTTP_PORT": 28080, "SUPER_USERS": ["ops"], "DB_URI": null}',
  }

  test('a flag wins over the environment, which wins over the file', () => {
    const file = 'MOORING_HTTP_PORT: 38080\nMOORING_METRICS_PORT: 39091\nSUPER_USERS: [quay]'
    const changed = { ...env, QUAY_OVERRIDE_CONFIG: '{"SUPER_USERS": ["ops"]}' }
    const config = load(file, { env: changed, flags: { port: 48443, host: '127.0.0.1' } })
    expect(config.listen).toMatchObject({
      host: '127.0.0.1',
      httpPort: 18080,
      httpsPort: 48443,
      metricsPort: 39091,
    })
    expect(config.superUsers).toEqual(['ops'])
  })

  test('a null in the override takes a key away', () => {
    expect(problemsOf(() => load('', { env }))).toMatchObject([{ key: 'DB_URI', found: 'nothing' }])
  })

  test('the preferred location can be set by environment', () => {
    const file =
      'DISTRIBUTED_STORAGE_CONFIG: {a: [LocalStorage, {storage_path: a}], b: [LocalStorage, {storage_path: b}]}\nDISTRIBUTED_STORAGE_PREFERENCE: [a]'
    const config = load(file, { env: { QUAY_DISTRIBUTED_STORAGE_PREFERENCE: ' b  a ' } })
    expect(config.storage.location).toBe('b')
  })

  test.each([
    [{ env: { MOORING_HTTP_PORT: 'web' } }, 'environment MOORING_HTTP_PORT', '"web"'],
    [{ flags: { httpPort: '-1' } }, 'flag --http-port', '"-1"'],
    [
      { env: { QUAY_OVERRIDE_CONFIG: '{"MOORING_HTTP_PORT": {}}' } },
      'environment QUAY_OVERRIDE_CONFIG',
      'an object',
    ],
  ])('%j is blamed at its source', (input, source, found) => {
    expect(problemsOf(() => load('', input))).toMatchObject([
      { key: 'MOORING_HTTP_PORT', source, found },
    ])
  })

  test('a proxy is the one of the environment, in capitals or not, before that of the file', () => {
    const config = load('HTTP_PROXY: http://file.example:1\nHTTPS_PROXY: http://file.example:2', {
      env: { https_proxy: 'me:hush@env.example:3', NO_PROXY: '', no_proxy: '.example' },
    })
    expect(config.upstreamProxy).toEqual({
      ...{ httpProxy: 'http://file.example:1', httpsProxy: 'me:hush@env.example:3' },
    })
  })

  test('a proxy that is none is named without its password', () => {
    const bad = (value: string) => problemsOf(() => load('', { env: { HTTPS_PROXY: value } }))
    for (const value of ['socks5://me:hush@a.example:1', 'me:hush@a b', 'http://a.example/path']) {
      const [problem] = bad(value)
      expect(problem).toMatchObject({ key: 'HTTPS_PROXY', source: 'environment HTTPS_PROXY' })
      expect(problem?.expected).toContain('must be the address of an HTTP proxy')
      expect(problem?.found).not.toContain('hush')
    }
  })
})

describe('keys without effect', () => {
  test('that Quay knows are listed as ignored, whatever they hold', () => {
    const config = load(
      'BUILDLOGS_REDIS: {host: redis}\nBUILDMAN_HOSTNAME: [wrong]\nCORP_LOGIN_CONFIG: {}',
    )
    expect(config.ignored).toEqual(['BUILDLOGS_REDIS', 'BUILDMAN_HOSTNAME', 'CORP_LOGIN_CONFIG'])
    expect(config.unknown).toEqual([])
  })

  test('that nobody knows are listed with the key they probably mean', () => {
    const config = load('FEATURE_ANONYMOUS_ACCES: true\nsuper_users: [me]\nCOFFEE: black')
    expect(config.unknown).toEqual([
      { key: 'FEATURE_ANONYMOUS_ACCES', didYouMean: 'FEATURE_ANONYMOUS_ACCESS' },
      { key: 'super_users', didYouMean: 'SUPER_USERS' },
      { key: 'COFFEE' },
    ])
    expect(config.superUsers).toEqual([])
  })
})
