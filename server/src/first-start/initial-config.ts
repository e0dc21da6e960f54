/** What the first config.yaml says beyond its fixed lines. */
export interface InitialConfig {
  readonly serverHostname: string
  readonly family: 'IPv4' | 'dual-stack'
  readonly secretKey: string
  readonly databaseSecretKey: string
  /** Only ports that differ from the defaults. */
  readonly ports: Readonly<Record<string, number>>
}

/** The text of the first config.yaml, with Quay's field names and comments for its reader. */
export function initialConfig(settings: InitialConfig): string {
  const { serverHostname, family, secretKey, databaseSecretKey, ports } = settings
  // JSON's quoted strings are YAML's as well.
  const quoted = JSON.stringify
  const portLines = Object.entries(ports).map(([key, port]) => `${key}: ${port}\n`)
  return `# Settings of this Mooring server, written at its first start. The names are those of Quay's
# config.yaml; a restart applies what you change here.

# How clients reach the registry: host[:port], no scheme. The certificate in ssl.cert must carry
# the host.
SERVER_HOSTNAME: ${quoted(serverHostname)}
PREFERRED_URL_SCHEME: https

# IPv4, IPv6 or dual-stack.
FEATURE_LISTEN_IP_VERSION: ${family}
${portLines.join('')}
# Three slashes: a file in the data directory. Four: an absolute path. Or postgresql://…
DB_URI: sqlite:///mooring.db

# Where the blobs are. A relative path is inside the data directory.
DISTRIBUTED_STORAGE_CONFIG:
  local:
    - LocalStorage
    - storage_path: storage
DISTRIBUTED_STORAGE_PREFERENCE:
  - local

# Keep these two, and keep them secret: the first signs sessions and tokens, the second encrypts
# columns of the database, which nobody can read without it.
SECRET_KEY: ${quoted(secretKey)}
DATABASE_SECRET_KEY: ${quoted(databaseSecretKey)}

AUTHENTICATION_TYPE: Database
SUPER_USERS:
  - quay

# How long a deleted or moved tag can be brought back: the default of new namespaces, and the
# choices that they have.
DEFAULT_TAG_EXPIRATION: 2w
TAG_EXPIRATION_OPTIONS:
  - 0s
  - 1d
  - 1w
  - 2w
  - 4w

SETUP_COMPLETE: true
`
}
