import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface PostgresDatabase {
  readonly url: string
  /** What a server's configuration says to use it. */
  readonly config: Readonly<Record<string, unknown>>
  drop(): Promise<void>
}

/** An empty database of its own on the server of the test run. */
export async function createPostgresDatabase(address: string): Promise<PostgresDatabase> {
  const name = `registry_${randomBytes(8).toString('hex')}`
  const administer = async (statement: string) => {
    const connection = new pg.Client({ connectionString: address })
    await connection.connect()
    await connection.query(statement).finally(() => connection.end())
  }
  await administer(`create database ${name}`)
  const url = new URL(address)
  url.pathname = `/${name}`
  return {
    url: url.href,
    config: { DB_URI: url.href, DB_CONNECTION_ARGS: { sslmode: 'disable' } },
    drop: () => administer(`drop database ${name} with (force)`),
  }
}
