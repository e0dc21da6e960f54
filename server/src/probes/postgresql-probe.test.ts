import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { PostgresqlTls } from '../config/config.ts'
import { Secret } from '../config/secret.ts'
import { probePostgresql } from './postgresql-probe.ts'
import { linesOf, testContext, verdictOf } from './probe-suite.ts'

const server = inject('postgresUrl')
const name = `probe_${randomBytes(6).toString('hex')}`
const latin = `${name}_latin`
const reader = `${name}_reader`

describe.skipIf(server === '')('a PostgreSQL database', () => {
  const administer = async (...statements: readonly string[]) => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  beforeAll(() =>
    administer(
      `create database ${name}`,
      `create database ${latin} encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' locale_provider libc template template0`,
      `create role ${reader} login password 'only-reads'`,
      `revoke create on database ${name} from public`,
    ),
  )
  afterAll(() =>
    administer(
      `drop database ${name} with (force)`,
      `drop database ${latin} with (force)`,
      `drop role ${reader}`,
    ),
  )

  const look = async (change: (url: URL) => void, mode: PostgresqlTls['mode'] = 'disable') => {
    const url = new URL(server)
    url.pathname = `/${name}`
    change(url)
    const config = { kind: 'postgresql', url: new Secret(url.href), tls: { mode } } as const
    const probe = probePostgresql({ ...config, connectTimeoutMs: 3_000 }, testContext())
    return linesOf(probe)
  }
  const verdicts = async (...wanted: Parameters<typeof look>) =>
    (await look(...wanted)).map(verdictOf)

  it('is good when it can do what migrations do, and nothing of it stays', async () => {
    const lines = await look(() => undefined)
    expect(lines.map(({ id }) => id)).toEqual([
      'postgresql:connect',
      'postgresql:rights',
      'postgresql:speed',
    ])
    expect(lines.every(({ state }) => state !== 'failed')).toBe(true)
    const url = new URL(server)
    url.pathname = `/${name}`
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    const { rows } = await client.query("select from pg_tables where schemaname = 'public'")
    await client.end()
    expect(rows).toEqual([])
  })

  it('says which of address, account, database and TLS is wrong', async () => {
    expect(await verdicts((url) => (url.port = '1'))).toEqual(['failed MOOR-DB-010'])
    expect(await verdicts((url) => (url.password = 'wrong'))).toEqual(['failed MOOR-DB-011'])
    expect(await verdicts((url) => (url.pathname = '/nowhere'))).toEqual(['failed MOOR-DB-012'])
    expect(await verdicts(() => undefined, 'require')).toEqual(['failed MOOR-DB-013'])
  })

  it('has to hold every character and let its user create tables', async () => {
    expect(await verdicts((url) => (url.pathname = `/${latin}`))).toEqual(['failed MOOR-DB-016'])
    const asReader = await verdicts((url) => {
      url.username = reader
      url.password = 'only-reads'
    })
    expect(asReader[1]).toBe('failed MOOR-DB-015')
  })

  it('never shows its password', async () => {
    const lines = await look((url) => (url.password = 'a-wrong-secret'))
    expect(JSON.stringify(lines)).not.toContain('a-wrong-secret')
  })
})
