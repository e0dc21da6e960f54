import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createLogger } from '../../platform/logger.ts'
import { createDrawerService } from '../notifications/drawer-service.ts'
import { uploadStore } from '../uploads/upload-store.ts'
import { activityStore } from './activity-store.ts'
import { applianceStateStore } from './appliance-state-store.ts'
import { measureContent } from './content-measure.ts'
import { contentMeasureStore } from './content-measure-store.ts'
import { damageStore } from './damage-store.ts'
import { growthStore } from './growth-store.ts'
import { createReadOnlyMode } from './read-only-service.ts'

const clock = { now: () => 1_700_000_000_000 }

/** Two organizations; an image with a live tag, one that was deleted, and one in a multi-arch list. */
const world = [
  `insert into "user" (id, uuid, username, organization, removed_tag_expiration_s, created_at)
     values (1, 'u1', 'ada', 0, 60, 5), (2, 'u2', 'acme', 1, 60, 5), (3, 'u3', 'sails', 1, 60, 5)`,
  `insert into repository (id, namespace_user_id, name, full_name, visibility, created_at)
     values (1, 2, 'web', 'acme/web', 'private', 5), (2, 3, 'jib', 'sails/jib', 'private', 5)`,
  `insert into quotarepositorysize (id, size_bytes) values (1, 150), (2, 30)`,
  `insert into quotanamespacesize (id, size_bytes) values (2, 150), (3, 30)`,
  `insert into blob (id, digest, size_bytes, created_at)
     values (1, 'sha256:a', 10, 5), (2, 'sha256:b', 100, 5), (3, 'sha256:c', 1000, 5),
       (4, 'sha256:d', 10000, 5)`,
  `insert into manifest_content (digest, bytes)
     values ('sha256:live', 'x'), ('sha256:gone', 'x'), ('sha256:list', 'x'), ('sha256:part', 'x')`,
  `insert into manifest (id, repository_id, digest, media_type, size_bytes, created_at)
     values (1, 1, 'sha256:live', 'm', 2, 5), (2, 1, 'sha256:gone', 'm', 2, 5),
       (3, 2, 'sha256:list', 'm', 2, 5), (4, 2, 'sha256:part', 'm', 2, 5)`,
  `insert into manifest_blob (manifest_id, blob_id, repository_id)
     values (1, 1, 1), (2, 1, 1), (2, 2, 1), (4, 3, 2)`,
  `insert into manifest_child (manifest_id, child_digest, repository_id) values (3, 'sha256:part', 2)`,
  `insert into tag (repository_id, name, live_name, manifest_id, lifetime_start_ms, lifetime_end_ms)
     values (1, 'v1', 'v1', 1, 100, null), (1, 'old', null, 2, 50, 90), (2, 'all', 'all', 3, 200, null)`,
  `insert into blobupload (uuid, repository_id, created_at, updated_at, byte_count)
     values ('b', 1, 1, 7, 5), ('a', 1, 2, 7, 6), ('c', 2, 3, 4, 7)`,
  `insert into notification (uuid, kind, target_id, created_at)
     values ('n1', 'maintenance', 1, 1), ('n2', 'maintenance', 1, 2), ('n3', 'maintenance', 2, 3)`,
]

describeDatabases('what the appliance knows of itself', (open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
    for (const statement of world) {
      const portable =
        database.dialect === 'sqlite' ? statement : statement.replaceAll(", 'x')", ", 'x'::bytea)")
      await sql.raw(portable).execute(database.db)
    }
  })

  test('counts content, and what only deleted tags still need', async () => {
    expect(await measureContent({ db: database.db, clock })).toEqual({
      at: clock.now(),
      ...{ organizations: 2, repositories: 2, tags: 2, blobs: 4 },
      contentBytes: 11_110,
      // The second blob; the first is in a live image too, the third in a part of a tagged list.
      restorableBytes: 100,
      apartBytes: 180,
      biggestRepositories: [
        { name: 'acme/web', bytes: 150 },
        { name: 'sails/jib', bytes: 30 },
      ],
      biggestOrganizations: [
        { name: 'acme', bytes: 150 },
        { name: 'sails', bytes: 30 },
      ],
    })
    expect(await contentMeasureStore(database.db).uploadBytes(10)).toBe(18)
    expect(await activityStore(database.db).lastPush()).toBe(200)
    expect(await activityStore(database.db).lastOf(41)).toBeNull()
  })

  test('pages through uploads of everybody, the longest untouched first', async () => {
    const uploads = uploadStore(database.db)
    const ids = async (after?: { updatedAt: number; uuid: string }) =>
      (await uploads.page(after, 2)).map(({ uuid }) => uuid)
    expect(await ids()).toEqual(['c', 'a'])
    expect(await ids({ updatedAt: 7, uuid: 'a' })).toEqual(['b'])
    expect(await ids({ updatedAt: 7, uuid: 'b' })).toEqual([])
  })

  test('keeps states by name, one sample a day, and damage until it is gone', async () => {
    const states = applianceStateStore(database.db)
    await states.set('acknowledged/space', { note: 'one' })
    await states.set('acknowledged/space', { note: 'two' })
    await states.set('acknowledgedelse', 1)
    expect([...(await states.listBelow('acknowledged/'))]).toEqual([['space', { note: 'two' }]])
    await states.delete('acknowledged/space')
    expect(await states.find('acknowledged/space')).toBeUndefined()

    const growth = growthStore(database.db)
    const sample = { day: 5, content_bytes: 1, free_bytes: 2 ** 40, total_bytes: 2 ** 41 }
    await growth.record(sample)
    await growth.record({ ...sample, content_bytes: 9 })
    expect(await growth.listSince(5)).toEqual([{ ...sample, content_bytes: 9 }])
    await growth.deleteBefore(6)
    expect(await growth.listSince(0)).toEqual([])

    const damage = damageStore(database.db)
    const found = { digest: 'sha256:a', size_bytes: 10, found_at: 5 }
    await damage.record({ ...found, reason: 'missing' })
    await damage.record({ ...found, reason: 'changed' })
    expect(await damage.list(10)).toEqual([{ ...found, reason: 'changed' }])
    expect(await damage.repositoriesWith('sha256:a', 5)).toEqual(['acme/web'])
    await damage.forget('sha256:a')
    expect(await damage.count()).toBe(0)
  })

  test('knows what each person has read', async () => {
    const drawer = createDrawerService({ db: database.db })
    const reader = { userId: 1, withOrganizations: false }
    expect(await drawer.list(reader, 1)).toMatchObject({ unread: 2, additional: true })
    expect(await drawer.setRead(reader, 'n1', true)).toMatchObject({ uuid: 'n1', read: true })
    expect(await drawer.list(reader, 5)).toMatchObject({
      notifications: [
        { uuid: 'n2', read: false },
        { uuid: 'n1', read: true },
      ],
      unread: 1,
    })
    await drawer.readAll(reader)
    await drawer.readAll(reader)
    expect((await drawer.list(reader, 5)).unread).toBe(0)
    await drawer.setRead(reader, 'n2', false)
    expect((await drawer.list(reader, 5)).unread).toBe(1)
    // Addressed to somebody else.
    await expect(drawer.setRead(reader, 'n3', true)).rejects.toThrow('not-found')
  })

  test('lets another instance follow into read-only mode, and the configuration have the last word', async () => {
    const instance = (registryState: 'normal' | 'readonly') =>
      createReadOnlyMode({
        ...{ db: database.db, clock, log: createLogger('silent') },
        config: { registryState },
      })
    const [one, other] = [instance('normal'), instance('normal')]
    await one.set(true, 'moving', 'ada')
    expect(other.isOn()).toBe(false)
    await other.step()
    expect(other.state()).toEqual({
      ...{ on: true, reason: 'moving', by: 'ada', since: clock.now(), set_by: 'administrator' },
    })
    await other.set(false, null, 'ada')
    await one.step()
    expect(one.isOn()).toBe(false)
    const fixed = instance('readonly')
    expect(fixed.isOn()).toBe(true)
    await expect(fixed.set(false, null, 'ada')).rejects.toThrow('conflict')
  })
})
