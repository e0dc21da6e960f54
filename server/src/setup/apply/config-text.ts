import { stringify } from 'yaml'
import { loopbackOf, serverHostname } from '../registry-address.ts'
import { chosenUpstreams } from '../first-content.ts'
import type { RevealedValues } from '../step.ts'
import { contentSettings } from './content-settings.ts'

export interface ServerKeys {
  readonly secretKey: string
  readonly databaseSecretKey: string
}

const header = `# Settings of this Mooring server, written by its setup. The names are those of Quay's
# config.yaml; a restart applies what you change here.
#
# SECRET_KEY signs sessions and tokens, DATABASE_SECRET_KEY encrypts columns of the database, which
# nobody can read without it: keep these two, and keep them secret.

`

/** The config.yaml that the answers of a setup come to. */
export function configText(
  values: RevealedValues,
  keys: ServerKeys,
  insideHosts: readonly string[] = [],
): string {
  const settings = { ...configSettings(values, keys), ...contentSettings(values, insideHosts) }
  return header + stringify({ ...settings, SETUP_COMPLETE: true }, { lineWidth: 0 })
}

function configSettings(values: RevealedValues, keys: ServerKeys): Record<string, unknown> {
  const { identity, network, certificates, storage, admin, scanning } = values
  const free = (usedPercent: number) => (100 - usedPercent) / 100
  return {
    SERVER_HOSTNAME: serverHostname(values),
    PREFERRED_URL_SCHEME: 'https',
    REGISTRY_TITLE: identity.title,
    FEATURE_LISTEN_IP_VERSION: network.family,
    ...(network.addresses.length > 0 && { MOORING_LISTEN_HOST: network.addresses.join() }),
    MOORING_HTTPS_PORT: network.httpsPort,
    MOORING_HTTP_PORT: network.httpPort,
    ...(network.httpFor === 'this-host' && { MOORING_HTTP_HOST: loopbackOf(network) }),
    MOORING_METRICS_PORT: network.metricsPort,
    ...(network.metricsFor === 'this-host' && { MOORING_METRICS_HOST: loopbackOf(network) }),
    ...('serverDays' in certificates && {
      MOORING_CERTIFICATE_DAYS: certificates.serverDays,
    }),
    ...(network.tls13Only && { SSL_PROTOCOLS: ['TLSv1.3'] }),
    DB_URI: databaseUri(storage.database),
    DISTRIBUTED_STORAGE_CONFIG: { default: storageLocation(storage.where) },
    DISTRIBUTED_STORAGE_PREFERENCE: ['default'],
    SECRET_KEY: keys.secretKey,
    DATABASE_SECRET_KEY: keys.databaseSecretKey,
    AUTHENTICATION_TYPE: 'Database',
    SUPER_USERS: [admin.username],
    FEATURE_ANONYMOUS_ACCESS: admin.anonymousPulls,
    FEATURE_USER_CREATION: admin.selfRegistration,
    SESSION_TIMEOUT: `${admin.sessionDays}d`,
    DEFAULT_TAG_EXPIRATION: storage.timeMachine,
    TAG_EXPIRATION_OPTIONS: ['0s', '1d', '1w', '2w', '4w'],
    DISKSPACE_HEALTH_WARNING_THRESHOLD: free(storage.warnAtPercent),
    DISKSPACE_HEALTH_THRESHOLD: free(storage.stopAtPercent),
    ...(scanning.kind === 'clair' && {
      FEATURE_SECURITY_SCANNER: true,
      SECURITY_SCANNER_V4_ENDPOINT: scanning.url,
      SECURITY_SCANNER_V4_PSK: scanning.psk,
    }),
  }
}

function databaseUri(database: RevealedValues['storage']['database']): string {
  if (database.kind === 'sqlite') return 'sqlite:///mooring.db'
  const { host, port, user, password, tls } = database
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  const name = host.includes(':') ? `[${host}]` : host
  const path = encodeURIComponent(database.database)
  return `postgresql://${login}@${name}:${port}/${path}?sslmode=${tls}`
}

function storageLocation(where: RevealedValues['storage']['where']): unknown {
  if (where.kind === 'disk') return ['LocalStorage', { storage_path: where.path }]
  const { endpoint, region, bucket, prefix, accessKey, secretKey, pathStyle } = where
  const storagePath = { storage_path: prefix === '' ? '/' : prefix }
  if (!pathStyle) {
    return [
      'S3Storage',
      {
        endpoint_url: endpoint,
        ...(region !== '' && { s3_region: region }),
        s3_bucket: bucket,
        s3_access_key: accessKey,
        s3_secret_key: secretKey,
        ...storagePath,
      },
    ]
  }
  // The driver for services that are no Amazon: buckets in the path.
  const { hostname, port, protocol } = new URL(endpoint)
  return [
    'RadosGWStorage',
    {
      hostname,
      is_secure: protocol === 'https:',
      ...(port !== '' && { port: Number(port) }),
      ...(region !== '' && { region_name: region }),
      access_key: accessKey,
      secret_key: secretKey,
      bucket_name: bucket,
      ...storagePath,
    },
  ]
}

/** Authorities that the bundle brings along, by file. */
export function bundledAuthorities(values: RevealedValues): ReadonlyMap<string, string> {
  const { where, database } = values.storage
  const files = new Map<string, string>()
  if (where.kind === 's3' && where.ca !== null) files.set('extra_ca_certs/storage.crt', where.ca)
  if (database.kind === 'postgresql' && database.ca !== null) {
    files.set('database.pem', database.ca)
  }
  if (values.scanning.kind === 'clair' && values.scanning.ca !== null) {
    files.set('extra_ca_certs/scanner.crt', values.scanning.ca)
  }
  for (const { name, ca } of chosenUpstreams(values.mirrors)) {
    if (ca !== null) files.set(`extra_ca_certs/upstream-${name}.crt`, ca)
  }
  return files
}
