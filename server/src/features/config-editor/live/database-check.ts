import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import type { Bundle, Settings } from '../bundle.ts'
import { textIn } from '../field-group.ts'
import { causeOf } from './cause.ts'

interface Surroundings {
  readonly certs: Bundle['certs']
  /** Where relative files of SQLite lie; without one they are not looked for. */
  readonly dataDir: string | undefined
}

const answerWithinMs = 5_000

export async function checkDatabase(
  uri: string,
  given: Settings,
  around: Surroundings,
): Promise<string | undefined> {
  const scheme = /^([a-z0-9+]+):\/\//.exec(uri)?.[1] ?? ''
  try {
    switch (scheme) {
      case 'postgresql':
      case 'postgresql+psycopg2':
        return await checkPostgresql(uri, given, around)
      case 'sqlite':
        return await checkSqlite(uri, around)
      case 'mysql+pymysql':
        return 'MySQL is not supported by this version; use postgresql or sqlite'
      default:
        return 'you must use a valid scheme'
    }
  } catch (error) {
    return causeOf(error, passwordIn(uri))
  }
}

async function checkPostgresql(uri: string, given: Settings, around: Surroundings) {
  const { Client } = (await import('pg')).default
  const url = new URL(uri.replace(/^[a-z0-9+]+:/, 'postgresql:'))
  const option = (name: string) => {
    const value = textIn(given, name) || (url.searchParams.get(name) ?? '')
    url.searchParams.delete(name)
    return value
  }
  const mode = option('sslmode') || 'prefer'
  const rootCertificate = option('sslrootcert')
  const [certificate, key] = [option('sslcert'), option('sslkey')]
  const tls = await tlsOptions({ mode, rootCertificate, certificate, key }, around.certs)
  const ask = async (ssl: ConnectionOptions | false) => {
    const client = new Client({
      connectionString: url.href,
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
      application_name: 'mooring config',
      ssl,
    })
    try {
      await client.connect()
      await client.query('show server_version')
      const { rowCount } = await client.query(
        `select 1 from pg_extension where extname = 'pg_trgm'`,
      )
      return rowCount === 0
        ? 'if you are using a Postgres database, you must install the pg_trgm extension'
        : undefined
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  if (mode !== 'prefer') return ask(tls)
  try {
    return await ask(tls)
  } catch (error) {
    if (!/does not support SSL/i.test(causeOf(error))) throw error
    return await ask(false)
  }
}

async function tlsOptions(
  of: {
    readonly mode: string
    readonly rootCertificate: string
    readonly certificate: string
    readonly key: string
  },
  certs: Bundle['certs'],
): Promise<ConnectionOptions | false> {
  const { mode, rootCertificate, certificate, key } = of
  if (mode === 'disable' || mode === 'allow') return false
  const isVerified = mode === 'verify-ca' || mode === 'verify-full'
  const bundled = isVerified && rootCertificate === '' ? certs.get('database.pem') : undefined
  const ca = rootCertificate === '' ? bundled : await bundleFile(rootCertificate, certs)
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== '' && { cert: await bundleFile(certificate, certs) }),
    ...(key !== '' && { key: await bundleFile(key, certs) }),
    ...(!isVerified && { rejectUnauthorized: false }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
}

/** Quay names the files of a bundle by where it is mounted. */
async function bundleFile(file: string, certs: Bundle['certs']): Promise<Buffer> {
  const name = file.replace(/^(?:\/?[^/]+\/)*?conf\/stack\//, '')
  const bundled = certs.get(name)
  if (bundled !== undefined) return bundled
  if (!path.isAbsolute(file)) throw new Error(`could not find ${name} in config bundle`)
  return readFile(file)
}

/** A file that is not there yet is made at the first start, if its folder can be written. */
async function checkSqlite(uri: string, { dataDir }: Surroundings): Promise<string | undefined> {
  const name = uri.replace(/^sqlite:\/\/\//, '')
  if (!path.isAbsolute(name) && dataDir === undefined) return undefined
  const file = path.resolve(dataDir ?? '/', name)
  if (!(await exists(file))) {
    const folder = path.dirname(file)
    if (await exists(folder)) await access(folder, constants.W_OK)
    return undefined
  }
  const { default: Sqlite } = await import('better-sqlite3')
  const connection = new Sqlite(file, { readonly: true, timeout: answerWithinMs })
  try {
    connection.prepare('select count(*) from sqlite_master').get()
    return undefined
  } finally {
    connection.close()
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

function passwordIn(uri: string): string | undefined {
  const password = URL.parse(uri)?.password
  return password === undefined || password === '' ? undefined : decodeURIComponent(password)
}
