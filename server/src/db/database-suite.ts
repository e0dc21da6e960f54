import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, describe, inject } from 'vitest'

import { Secret } from '../config/secret.ts'
import { migrate } from './migrate.ts'
import { openDatabase, type Database } from './open.ts'

export interface OpenTestDatabaseOptions {
  /** `false` gives an empty database. */
  readonly migrated?: boolean
}

/** A database of its own, closed and removed when the tests around it have ended. */
export type OpenTestDatabase = (options?: OpenTestDatabaseOptions) => Promise<Database>

/** One test body, every database: SQLite in a temporary file, and PostgreSQL where it is installed. */
export function describeDatabases(title: string, body: (open: OpenTestDatabase) => void) {
  describe(`${title} on SQLite`, () => {
    body(opener(openSqlite))
  })
  describe.skipIf(inject('postgresUrl') === '')(`${title} on PostgreSQL`, () => {
    body(opener(openPostgres))
  })
}

/** For what only PostgreSQL has. */
export function describePostgresql(title: string, body: (open: OpenTestDatabase) => void) {
  describe.skipIf(inject('postgresUrl') === '')(title, () => {
    body(opener(openPostgres))
  })
}

/** For tests whose subject is not the database: SQLite only. */
export function sqliteOpener(): OpenTestDatabase {
  return opener(openSqlite)
}

interface Opened {
  readonly database: Database
  readonly remove: () => Promise<void> | void
}

function opener(open: (migrated: boolean) => Promise<Opened>): OpenTestDatabase {
  const all: Opened[] = []
  afterAll(async () => {
    for (const { database, remove } of all.splice(0)) {
      await database.close()
      await remove()
    }
  })
  return async ({ migrated = true } = {}) => {
    const opened = await open(migrated)
    all.push(opened)
    return opened.database
  }
}

async function openSqlite(migrated: boolean): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-sqlite-'))
  const file = join(folder, 'mooring.db')
  if (migrated) writeFileSync(file, await (migratedFile ??= migrateFile()))
  const database = await openDatabase({ kind: 'sqlite', file })
  return { database, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A database with the whole schema, to be copied: that is ten times quicker than migrating. */
let migratedFile: Promise<Buffer> | undefined

async function migrateFile(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-sqlite-'))
  const file = join(folder, 'mooring.db')
  try {
    const database = await openDatabase({ kind: 'sqlite', file })
    try {
      await migrate(database)
      // What is written stays in the log beside the file otherwise.
      await sql`pragma wal_checkpoint(truncate)`.execute(database.db)
    } finally {
      await database.close()
    }
    return readFileSync(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openPostgres(migrated: boolean): Promise<Opened> {
  const url = inject('postgresUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  if (migrated) await (provided ??= provideTemplate(url))
  await administer(url, `create database ${name}${migrated ? ` template ${template}` : ''}`)
  return {
    database: await connect(url, name),
    remove: () => administer(url, `drop database ${name} with (force)`),
  }
}

/** A database with the whole schema, to be copied: that is four times quicker than migrating. */
const template = 'mooring_template'
let provided: Promise<void> | undefined

async function provideTemplate(url: string) {
  await withClient(url, async (client) => {
    // Test files run side by side, and a database that somebody is connected to cannot be copied.
    await client.query('select pg_advisory_lock(1)')
    const { rowCount } = await client.query('select from pg_database where datname = $1', [
      template,
    ])
    if (rowCount === 1) return
    await client.query(`create database ${template}`)
    const database = await connect(url, template)
    await migrate(database).finally(() => database.close())
  })
}

function connect(url: string, name: string) {
  const address = new URL(url)
  address.pathname = `/${name}`
  return openDatabase({
    kind: 'postgresql',
    url: new Secret(address.href),
    tls: { mode: 'disable' },
    connectTimeoutMs: 10_000,
    maxConnections: 4,
  })
}

/** One connection for whatever a test file makes and removes; it ends with the process. */
let administrator: Promise<pg.Client> | undefined

async function administer(url: string, statement: string) {
  administrator ??= connectForGood(url)
  await (await administrator).query(statement)
}

async function connectForGood(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  // Nobody waits for anything when the server of the run goes first.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Ending the connection gives its advisory locks back. */
async function withClient(url: string, work: (client: pg.Client) => Promise<void>) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
