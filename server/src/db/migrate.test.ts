import { sql } from 'kysely'
import { expect, test } from 'vitest'

import { describeDatabases } from './database-suite.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { logKinds } from './migrations/0001-log-kinds.ts'
import { applianceKinds } from './migrations/0013-appliance-kinds.ts'
import { upstreamKinds } from './migrations/0015-mirror-log.ts'
import { bundleKinds } from './migrations/0017-kept-bundles.ts'

describeDatabases('the schema', (open) => {
  test('is built from nothing, and a second run finds nothing to do', async () => {
    const database = await open({ migrated: false })
    expect(await migrate(database)).toEqual(Object.keys(migrations))
    expect(await migrate(database)).toEqual([])
  })

  test('of the first release is upgraded with everything that is in it', async () => {
    const { db, dialect } = await open({ migrated: false })
    await migrate({ db, dialect }, '0001-registry')
    const account = sql.ref('user')
    await sql`insert into ${account} (id, uuid, username, email, organization, removed_tag_expiration_s, created_at)
      values (1, 'u1', 'ada', 'ada@example.com', 0, 60, 5), (2, 'u2', 'acme', 'ops@acme.example', 1, 60, 5)`.execute(
      db,
    )
    await sql`insert into repository (id, namespace_user_id, name, full_name, visibility, description, created_at)
      values (1, 2, 'web', 'acme/web', 'private', 'the shop', 5)`.execute(db)
    await sql`insert into repositorypermission (repository_id, user_id, role) values (1, 1, 'read')`.execute(
      db,
    )
    await sql`insert into blob (id, digest, size_bytes, created_at) values (1, 'sha256:aa', 3, 5)`.execute(
      db,
    )
    await sql`insert into manifest_content (digest, bytes) values ('sha256:mm', ${Buffer.from('{}')})`.execute(
      db,
    )
    await sql`insert into manifest (id, repository_id, digest, media_type, size_bytes, created_at)
      values (1, 1, 'sha256:mm', 'm', 2, 5)`.execute(db)
    await sql`insert into tag (repository_id, name, live_name, manifest_id, lifetime_start_ms, lifetime_end_ms)
      values (1, 'v1', 'v1', 1, 7, null), (1, 'v2', null, 1, 8, 9)`.execute(db)
    await sql`insert into manifest_blob (manifest_id, blob_id, repository_id) values (1, 1, 1)`.execute(
      db,
    )
    await migrate({ db, dialect })
    const people = await db.selectFrom('user').selectAll().orderBy('id').execute()
    expect(people).toMatchObject([
      { username: 'ada', email: 'ada@example.com', contact_email: null, invoice_email: 0 },
      { username: 'acme', email: null, contact_email: 'ops@acme.example' },
    ])
    expect(await db.selectFrom('repository').selectAll().execute()).toMatchObject([
      { full_name: 'acme/web', popularity: 0, last_modified: 7 },
    ])
    expect(await db.selectFrom('repositorypermission').selectAll().execute()).toMatchObject([
      { repository_id: 1, namespace_user_id: 2, user_id: 1, role: 'read' },
    ])
    expect(await db.selectFrom('blob').selectAll().execute()).toMatchObject([{ doomed: 0 }])
    expect(await db.selectFrom('manifest_blob').selectAll().execute()).toMatchObject([
      { repository_id: 1, namespace_user_id: 2 },
    ])
    if (dialect === 'sqlite') {
      const search = sql.table('repository_description_search')
      const found =
        await sql`select rowid as id from ${search} where ${search} match '"sho"'`.execute(db)
      expect(found.rows).toEqual([{ id: 1 }])
    }
  })

  test('knows of each repository when the newest of its live tags began', async () => {
    const { db, dialect } = await open({ migrated: false })
    await migrate({ db, dialect })
    await sql`insert into ${sql.ref('user')} (id, uuid, username, removed_tag_expiration_s, created_at)
      values (1, 'u1', 'ada', 60, 5)`.execute(db)
    await sql`insert into repository (id, namespace_user_id, name, full_name, visibility, created_at)
      values (1, 1, 'web', 'ada/web', 'private', 5), (2, 1, 'api', 'ada/api', 'private', 5)`.execute(
      db,
    )
    await sql`insert into manifest_content (digest, bytes) values ('sha256:mm', ${Buffer.from('{}')})`.execute(
      db,
    )
    await sql`insert into manifest (id, repository_id, digest, media_type, size_bytes, created_at)
      values (1, 1, 'sha256:mm', 'm', 2, 5)`.execute(db)
    const push = (name: string, at: number, liveName: string | null = name) =>
      sql`insert into tag (repository_id, name, live_name, manifest_id, lifetime_start_ms)
        values (1, ${name}, ${liveName}, 1, ${at})`.execute(db)
    const close = (name: string) =>
      sql`update tag set live_name = null where name = ${name}`.execute(db)
    const known = async () => {
      const rows = await db.selectFrom('repository').select('last_modified').orderBy('id').execute()
      return rows.map((row) => row.last_modified)
    }
    const seen = [await known()]
    const steps = [
      ...[() => push('v1', 10), () => push('v3', 30), () => push('v2', 20)],
      ...[() => push('hold', 99, null), () => close('v2'), () => close('v3'), () => close('v1')],
    ]
    for (const step of steps) {
      await step()
      seen.push(await known())
    }
    expect(seen).toEqual([0, 10, 30, 30, 30, 30, 10, 0].map((newest) => [newest, 0]))
  })

  test('numbers the log kinds as administrators know them', async () => {
    const { db } = await open()
    const rows = await db.selectFrom('logentrykind').selectAll().orderBy('id').execute()
    expect(rows).toHaveLength(
      logKinds.length + applianceKinds.length + upstreamKinds.length + bundleKinds.length,
    )
    const ids = new Map(rows.map((row) => [row.name, row.id]))
    expect(ids.get('account_change_cc')).toBe(1)
    expect(ids.get('create_repo')).toBe(14)
    expect(ids.get('pull_repo')).toBe(41)
    expect(ids.get('push_repo')).toBe(42)
    expect(ids.get('login_failure')).toBe(104)
    expect(ids.get('push_repo_failed')).toBe(105)
    expect(ids.get('certificate_issued')).toBe(1001)
  })

  test('gives numbers for ids, sizes, instants, counts and sums', async () => {
    const { db } = await open()
    const sizeBytes = 20 * 2 ** 40
    const { id } = await db
      .insertInto('blob')
      .values({ digest: 'sha256:aa', size_bytes: sizeBytes, created_at: 1_800_000_000_000 })
      .returning('id')
      .executeTakeFirstOrThrow()
    expect(id).toBe(1)
    const row = await db
      .selectFrom('blob')
      .select((e) => [
        e.fn.countAll<number>().as('count'),
        e.fn.sum<number>('size_bytes').as('total'),
        e.fn.max('created_at').as('latest'),
      ])
      .executeTakeFirstOrThrow()
    expect(row).toEqual({ count: 1, total: sizeBytes, latest: 1_800_000_000_000 })
  })

  test('never gives an id out again', async () => {
    const { db } = await open()
    const insert = () =>
      db
        .insertInto('blob')
        .values({ digest: 'sha256:aa', size_bytes: 1, created_at: 1 })
        .returning('id')
        .executeTakeFirstOrThrow()
    const first = await insert()
    await db.deleteFrom('blob').execute()
    expect((await insert()).id).toBeGreaterThan(first.id)
  })

  test('keeps a manifest content and a blob while something refers to them', async () => {
    const { db } = await open()
    await db
      .insertInto('user')
      .values({
        id: 1,
        uuid: 'u',
        username: 'ada',
        removed_tag_expiration_s: 0,
        created_at: 1,
        email: null,
        password_hash: null,
        last_accessed: null,
      })
      .execute()
    await db
      .insertInto('repository')
      .values({
        id: 1,
        namespace_user_id: 1,
        name: 'web',
        full_name: 'ada/web',
        visibility: 'private',
        created_at: 1,
        description: null,
      })
      .execute()
    await db
      .insertInto('manifest_content')
      .values({ digest: 'sha256:m', bytes: Buffer.from('{}') })
      .execute()
    await db
      .insertInto('blob')
      .values({ id: 1, digest: 'sha256:b', size_bytes: 1, created_at: 1 })
      .execute()
    await db
      .insertInto('manifest')
      .values({
        id: 1,
        repository_id: 1,
        digest: 'sha256:m',
        media_type: 'm',
        size_bytes: 2,
        config_media_type: null,
        artifact_type: null,
        subject_digest: null,
        annotations_json: null,
        layers_size: null,
        created_at: 1,
      })
      .execute()
    await db
      .insertInto('manifest_blob')
      .values({ manifest_id: 1, blob_id: 1, repository_id: 1 })
      .execute()

    await expect(db.deleteFrom('blob').execute()).rejects.toThrow(/foreign key/i)
    await expect(db.deleteFrom('manifest_content').execute()).rejects.toThrow(/foreign key/i)
    await expect(db.deleteFrom('repository').execute()).rejects.toThrow(/foreign key/i)
    await db.deleteFrom('manifest').execute()
    await db.deleteFrom('blob').execute()
    await db.deleteFrom('manifest_content').execute()
    await db.deleteFrom('repository').execute()
    expect(await db.selectFrom('manifest_blob').selectAll().execute()).toEqual([])
  })

  test('orders names by their bytes', async () => {
    const { db } = await open()
    await db
      .insertInto('blob')
      .values(
        ['b', 'B', 'a-b', 'aa', 'a.b', 'a_b'].map((digest) => ({
          digest,
          size_bytes: 1,
          created_at: 1,
        })),
      )
      .execute()
    const rows = await db.selectFrom('blob').select('digest').orderBy('digest').execute()
    expect(rows.map((row) => row.digest)).toEqual(['B', 'a-b', 'a.b', 'a_b', 'aa', 'b'])
  })
})
