import { resolve } from 'node:path'
import { z } from 'zod'
import type { DatabaseConfig, PostgresqlTls } from './config.ts'
import { integer, text } from './field-types.ts'
import { isInside } from './inside.ts'
import { Secret } from './secret.ts'

const sqlitePrefix = 'sqlite:///'
const postgresqlScheme = /^postgresql(?:\+psycopg2)?:\/\//
const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
const uriExpected =
  'must be sqlite:///FILE (inside the data directory), sqlite:////ABSOLUTE/FILE or postgresql://USER:PASSWORD@HOST/DATABASE'

export const databaseUri = () =>
  text().refine((uri) => isSqliteUri(uri) || isPostgresqlUri(uri), uriExpected)

export const databaseArguments = () =>
  z.looseObject(
    {
      sslmode: z.enum(modes, `must be one of ${modes.join(', ')}.`).optional(),
      sslrootcert: text().optional(),
      sslcert: text().optional(),
      sslkey: text().optional(),
      connect_timeout: integer(1, 3_600).default(10),
      max_connections: integer(1, 10_000).optional(),
    },
    'must be of type object',
  )

interface Folders {
  readonly dataDir: string
  readonly configDir: string
  /** Names of the files in the config directory. */
  readonly files: ReadonlySet<string>
}

export function databaseConfig(
  uri: string,
  given: z.output<ReturnType<typeof databaseArguments>>,
  { dataDir, configDir, files }: Folders,
): DatabaseConfig {
  if (isSqliteUri(uri)) {
    return { kind: 'sqlite', file: resolve(dataDir, uri.slice(sqlitePrefix.length)) }
  }
  const url = new URL(uri.replace(postgresqlScheme, 'postgresql://'))
  const option = (name: 'sslmode' | 'sslrootcert' | 'sslcert' | 'sslkey') => {
    const value = given[name] ?? url.searchParams.get(name) ?? undefined
    url.searchParams.delete(name)
    return value
  }
  const wanted = option('sslmode')
  const mode = modes.find((known) => known === wanted) ?? 'prefer'
  const bundled =
    mode.startsWith('verify-') && files.has('database.pem') ? 'database.pem' : undefined
  const paths = {
    rootCertificateFile: option('sslrootcert') ?? bundled,
    certificateFile: option('sslcert'),
    keyFile: option('sslkey'),
  }
  const tls: PostgresqlTls = { mode }
  for (const [name, path] of Object.entries(paths)) {
    if (path !== undefined) Object.assign(tls, { [name]: bundlePath(configDir, path) })
  }
  return {
    kind: 'postgresql',
    url: new Secret(url.href),
    tls,
    connectTimeoutMs: given.connect_timeout * 1_000,
    ...(given.max_connections !== undefined && { maxConnections: given.max_connections }),
  }
}

/** Quay mounts the bundle at `conf/stack` and its files name each other by that path. */
function bundlePath(configDir: string, path: string): string {
  return resolve(configDir, path.replace(/^(?:\/?[^/]+\/)*?conf\/stack\//, ''))
}

function isSqliteUri(uri: string): boolean {
  if (!uri.startsWith(sqlitePrefix)) return false
  const path = uri.slice(sqlitePrefix.length)
  if (path === '' || path.endsWith('/') || /[?#\0]|^:memory:$/.test(path)) return false
  return path.startsWith('/') || isInside(path)
}

function isPostgresqlUri(uri: string): boolean {
  if (!postgresqlScheme.test(uri)) return false
  const url = URL.parse(uri.replace(postgresqlScheme, 'postgresql://'))
  const mode = url?.searchParams.get('sslmode') ?? 'prefer'
  return url !== null && modes.some((known) => known === mode)
}
