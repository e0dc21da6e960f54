import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'

import { CompiledQuery, PostgresDialect, type DatabaseConnection } from 'kysely'
import pg from 'pg'

import type { PostgresqlConfig, PostgresqlTls } from '../config/config.ts'
import type { Logger } from '../platform/logger.ts'

const int8 = 20
const numeric = 1700

/** 64-bit columns, and sums over them, arrive as numbers like everywhere else. */
const types = new pg.TypeOverrides()
types.setTypeParser(int8, Number)
types.setTypeParser(numeric, Number)

export async function openPostgresql(config: PostgresqlConfig, options: { logger?: Logger }) {
  const settings: pg.PoolConfig = {
    connectionString: config.url.reveal(),
    application_name: 'mooring',
    connectionTimeoutMillis: config.connectTimeoutMs,
    max: config.maxConnections ?? 10,
    types,
  }
  const pool = new pg.Pool({ ...settings, ssl: await tlsOptions(config.tls, settings) })
  pool.on('error', (error) => {
    options.logger?.warn({ error: error.message }, 'idle database connection lost')
  })
  return {
    dialect: new PostgresDialect({ pool, onCreateConnection: commitDurably }),
    /** A commit has returned only when its WAL was on the server's medium. */
    flush: () => Promise.resolve(),
    async close() {
      if (!pool.ended) await pool.end()
    },
  }
}

/** A server-wide `off` would acknowledge pushes that a crash then takes back. */
async function commitDurably(connection: DatabaseConnection) {
  await connection.executeQuery(
    CompiledQuery.raw(
      `select set_config('synchronous_commit', 'on', false)
       where current_setting('synchronous_commit') = 'off'`,
    ),
  )
}

async function tlsOptions(
  tls: PostgresqlTls,
  settings: pg.PoolConfig,
): Promise<ConnectionOptions | false> {
  const { mode, rootCertificateFile, certificateFile, keyFile } = tls
  if (mode === 'disable' || mode === 'allow') return false
  const options: ConnectionOptions = {
    ...(rootCertificateFile && { ca: await readFile(rootCertificateFile) }),
    ...(certificateFile && { cert: await readFile(certificateFile) }),
    ...(keyFile && { key: await readFile(keyFile) }),
  }
  switch (mode) {
    case 'verify-full':
      return options
    case 'verify-ca':
      return { ...options, checkServerIdentity: () => undefined }
    case 'require':
      // As in libpq: with a root certificate at hand, `require` checks the chain.
      return rootCertificateFile
        ? { ...options, checkServerIdentity: () => undefined }
        : { ...options, rejectUnauthorized: false }
    case 'prefer': {
      const relaxed = { ...options, rejectUnauthorized: false }
      return (await speaksTls(settings, relaxed)) ? relaxed : false
    }
  }
}

async function speaksTls(settings: pg.PoolConfig, ssl: ConnectionOptions) {
  const client = new pg.Client({ ...settings, ssl })
  try {
    await client.connect()
    return true
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not support SSL')) return false
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}
