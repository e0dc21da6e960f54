import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'

import { sql } from 'kysely'
import { expect, test } from 'vitest'

import { describePostgresql } from './database-suite.ts'
import type { Database } from './open.ts'
import { dumpPostgresql, inSnapshot } from './postgresql-dump.ts'
import { loadPostgresql } from './postgresql-load.ts'
import { currentLevel, readSchemaLevel } from './schema-level.ts'
import { migrate } from './migrate.ts'

async function dump({ db }: Database, schema = currentLevel()): Promise<string[]> {
  const target = new PassThrough()
  const reading = text(target)
  await inSnapshot(db, (tx) => dumpPostgresql(tx, target, { schema }))
  target.end()
  return (await reading).trimEnd().split('\n')
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}

async function fill({ db }: Database, people: number): Promise<void> {
  await sql`insert into "user" (uuid, username, email, organization, removed_tag_expiration_s, created_at)
    select 'u' || n, 'person' || n, case when n % 2 = 0 then 'p' || n || '@x' end, 0, 60, 1700000000000 + n
    from generate_series(1, ${people}) n`.execute(db)
  const content = { digest: 'sha256:m', bytes: Buffer.from([0, 1, 2, 255, 10, 34, 92]) }
  await db.insertInto('manifest_content').values(content).execute()
}

describePostgresql('a dump of PostgreSQL', (open) => {
  test('loaded into an empty database gives all of it back, ids to come included', async () => {
    const source = await open()
    await fill(source, 1_200)
    await source.db.deleteFrom('user').where('username', '=', 'person1200').execute()
    const lines = await dump(source)
    const target = await open({ migrated: false })
    await loadPostgresql(target, each(lines), { schema: currentLevel() })

    expect(await dump(target)).toEqual(lines)
    expect(await target.db.selectFrom('manifest_content').selectAll().execute()).toEqual([
      { digest: 'sha256:m', bytes: Buffer.from([0, 1, 2, 255, 10, 34, 92]) },
    ])
    const [next] = (
      await sql<{ id: number }>`insert into "user"
      (uuid, username, organization, removed_tag_expiration_s, created_at)
      values ('new', 'new', 0, 60, 1) returning id`.execute(target.db)
    ).rows
    expect(next?.id).toBe(1_201)
    expect(await readSchemaLevel(target)).toMatchObject({ state: 'current' })
  })

  test('takes the place of what a database of the same schema holds', async () => {
    const [source, target] = [await open(), await open()]
    await fill(source, 3)
    await fill(target, 9)
    const lines = await dump(source)
    await loadPostgresql(target, each(lines), { schema: currentLevel() })
    expect(await dump(target)).toEqual(lines)
  })

  test('that was cut off changes nothing', async () => {
    const [source, target] = [await open(), await open()]
    await fill(source, 3)
    await fill(target, 9)
    const before = await dump(target)
    const cut = (await dump(source)).slice(0, -1)
    await expect(loadPostgresql(target, each(cut), { schema: currentLevel() })).rejects.toThrow(
      /cut off/,
    )
    expect(await dump(target)).toEqual(before)
  })

  test('of the first release comes back at its level', async () => {
    const [source, target] = [await open({ migrated: false }), await open({ migrated: false })]
    await migrate(source, '0001-registry')
    await fill(source, 5)
    const lines = await dump(source, '0001-registry')
    await loadPostgresql(target, each(lines), { schema: '0001-registry' })
    expect(await readSchemaLevel(target)).toMatchObject({ level: '0001-registry' })
    expect(await dump(target, '0001-registry')).toEqual(lines)
  })

  test('of another schema is refused by a database that is in use', async () => {
    const target = await open()
    await fill(target, 2)
    await expect(loadPostgresql(target, each([]), { schema: '0001-registry' })).rejects.toThrow(
      /schema/,
    )
  })
})
