import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { describeDatabases } from '../../db/database-suite.ts'
import { blobOf, createGcWorld, type GcWorld } from '../gc/gc-world-suite.ts'
import { blobFetchStore } from '../copying/blob-fetch-store.ts'
import { recoverCommits, sweepUploads } from './upload-recovery.ts'
import { uploadStore } from './upload-store.ts'

const hour = 3_600_000
const day = 24 * hour

describeDatabases('commits that were broken off', (open) => {
  const folders: string[] = []
  let world: GcWorld
  let repositoryId: number

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-recovery-'))
    folders.push(folder)
    world = await createGcWorld(await open(), folder)
    repositoryId = (await world.repository(await world.namespace('acme', 0), 'web')).id
    return () => world.close()
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  const rows = () => world.db.selectFrom('blobupload').select('uuid').execute()
  const recover = () => recoverCommits(world.database, world.storage, world.clock, world.log)
  const sweep = (lifeMs = 2 * day) =>
    sweepUploads({ ...world, lifeMs })(new AbortController().signal)

  /** As after a crash, or while another machine is between its storage and its database. */
  async function commitHalfway(text: string) {
    const blob = blobOf(text)
    await world.upload(blob, repositoryId)
    await world.db.deleteFrom('uploadedblob').execute()
    await world.db.deleteFrom('blob').execute()
    const uuid = world.random.uuid()
    const uploads = uploadStore(world.db)
    await uploads.insert(uuid, repositoryId, world.now())
    await uploads.setCommitting(uuid, blob.digest, world.now())
    return { ...blob, uuid }
  }
  const recorded = async () =>
    (await world.db.selectFrom('blob').select('digest').execute()).map(({ digest }) => digest)

  test('are recorded at the start of the only server, or left to others for a day', async () => {
    const { digest, uuid } = await commitHalfway('halfway')
    await recover()
    if (world.database.dialect === 'postgresql') {
      expect(await rows()).toEqual([{ uuid }])
      world.advance(day + 1)
      await recover()
    }
    expect(await rows()).toEqual([])
    expect(await recorded()).toEqual([digest])
  })

  test('are recorded by the sweep when nobody can be at them any more', async () => {
    const { digest, uuid } = await commitHalfway('halfway')
    world.advance(23 * hour)
    // However short uploads may live.
    expect(await sweep(hour)).toBe('idle')
    expect(await rows()).toEqual([{ uuid }])
    expect(await recorded()).toEqual([])
    world.advance(2 * hour)
    await sweep()
    expect(await rows()).toEqual([])
    expect(await recorded()).toEqual([digest])
  })

  test('leave nothing where the content did not arrive', async () => {
    const { digest } = await commitHalfway('lost')
    await world.storage.remove(digest)
    world.advance(day + 1)
    await sweep()
    expect(await rows()).toEqual([])
    expect(await recorded()).toEqual([])
  })

  test('leave bytes of a fetch alone that is to go on, however old they are', async () => {
    const [remembered, orphan] = [world.random.uuid(), world.random.uuid()]
    await world.storage.createUpload(remembered)
    await world.storage.createUpload(orphan)
    const claim = { uploadId: remembered, holder: 'a process', now: world.now() }
    await blobFetchStore(world.db).claim(blobOf('fetched').digest, claim, 0)
    world.advance(hour * 1_000_000)
    await sweep()
    expect(await world.storage.uploadSize(remembered)).toBe(0)
    expect(await world.storage.uploadSize(orphan)).toBeUndefined()
  })

  test('go when they have no client, but for bytes of a fetch that is to go on', async () => {
    const [remembered, nobodys] = [world.random.uuid(), world.random.uuid()]
    const { digest } = blobOf('fetched')
    for (const uuid of [remembered, nobodys]) {
      await world.storage.createUpload(uuid)
      await uploadStore(world.db).insertCommitting(uuid, repositoryId, digest, world.now())
    }
    const claim = { uploadId: remembered, holder: 'a process', now: world.now() }
    await blobFetchStore(world.db).claim(digest, claim, 0)
    world.advance(day + 1)
    await recover()
    expect(await rows()).toEqual([])
    expect(await world.storage.uploadSize(remembered)).toBe(0)
    expect(await world.storage.uploadSize(nobodys)).toBeUndefined()
  })

  test('wait for their client where the upload is whole, and go when it has run out', async () => {
    const uuid = world.random.uuid()
    await world.storage.createUpload(uuid)
    const uploads = uploadStore(world.db)
    await uploads.insert(uuid, repositoryId, world.now())
    world.advance(1)
    await uploads.setCommitting(uuid, blobOf('never sent').digest, world.now())
    world.advance(day + 1)
    await recover()
    await sweep()
    expect(await rows()).toEqual([{ uuid }])
    world.advance(day)
    await sweep()
    expect(await rows()).toEqual([])
    expect(await world.storage.uploadSize(uuid)).toBeUndefined()
  })
})
