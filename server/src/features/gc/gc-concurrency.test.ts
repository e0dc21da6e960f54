import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { isProblem } from '../../problem.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { expectRightSizes } from '../quota/quota-model-suite.ts'
import { parseTagName } from '../tags/tag-name.ts'
import { blobGarbageStore } from './blob-garbage-store.ts'
import {
  blobOf,
  createGcWorld,
  holdMs,
  manifestOf,
  type Blob,
  type GcWorld,
  type Manifest,
} from './gc-world-suite.ts'

const pool = Array.from({ length: 5 }, (_, at) => blobOf(`shared ${String(at)}`))
const pushers = 4
const pushesEach = 40

describeDatabases('pushing while the collector runs', (open) => {
  const folders: string[] = []
  let world: GcWorld
  let repositoryIds: number[]

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-gc-'))
    folders.push(folder)
    world = await createGcWorld(await open(), folder)
    const acme = await world.namespace('acme', 0)
    repositoryIds = []
    for (const name of ['web', 'api', 'db']) {
      repositoryIds.push((await world.repository(acme, name)).id)
    }
    return () => world.close()
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  /** What a push that came too late for its own uploads is told. */
  const isLost = (error: unknown) =>
    isProblem(error, 'manifest-blob-unknown') ||
    isProblem(error, 'manifest-unknown') ||
    isProblem(error, 'manifest-invalid')

  async function readBack(
    manifest: Manifest,
    repositoryId: number,
    tag: string,
    blobs: readonly Blob[] = pool,
  ) {
    const found = await world.manifests.require(repositoryId, {
      kind: 'tag',
      tag: parseTagName(tag),
    })
    expect(found.digest).toBe(manifest.digest)
    expect(await world.manifests.read(found)).toEqual(manifest.bytes)
    for (const digest of manifest.blobs) {
      expect(await world.isVisible(digest, repositoryId)).toBe(true)
      expect(world.read(digest)).toEqual(blobs.find((blob) => blob.digest === digest)?.bytes)
    }
  }

  test('no acknowledged push or mount loses content', { timeout: 120_000 }, async () => {
    let done = 0
    let acknowledged = 0
    let mounted = 0
    const collecting = (async () => {
      while (done < pushers) {
        // Uploads run out while their manifests are under way, and are collected.
        world.advance(holdMs / 4)
        await world.collector().drain()
      }
    })()

    async function pusher(own: number): Promise<void> {
      for (let at = 0; at < pushesEach; at++) {
        const repositoryId = repositoryIds[(own + at) % repositoryIds.length] ?? 0
        const other = repositoryIds[(own + at + 1) % repositoryIds.length] ?? 0
        const blobs = [pool[at % pool.length], pool[(at + own + 1) % pool.length]].flatMap(
          (blob) => blob ?? [],
        )
        const manifest = manifestOf({ blobs, variant: at % 3 })
        const tag = `own-${String(own)}`
        try {
          for (const blob of blobs) {
            if (await world.blobs.mount(blob.digest, other, repositoryId)) mounted++
            else await world.upload(blob, repositoryId)
          }
          await world.push(manifest, repositoryId, tag)
        } catch (error) {
          if (isLost(error)) continue
          throw error
        }
        acknowledged++
        await readBack(manifest, repositoryId, tag)
        await world.manifests.delete(repositoryId, { kind: 'tag', tag: parseTagName(tag) }, () =>
          Promise.resolve(),
        )
      }
      done++
    }
    try {
      await Promise.all(Array.from({ length: pushers }, (_, own) => pusher(own)))
    } finally {
      done = pushers
      await collecting
    }
    expect(acknowledged).toBeGreaterThan(pushers)
    expect(mounted).toBeGreaterThan(0)
    await expectRightSizes(world.db)

    world.advance(holdMs)
    await world.collector().drain()
    expect(world.onDisk()).toEqual([])
  })

  test('an upload of what is being removed waits until it is gone', async () => {
    const [repositoryId = 0] = repositoryIds
    const blob = blobOf('again')
    await world.upload(blob, repositoryId)
    world.advance(holdMs)
    const removing = Promise.withResolvers<undefined>()
    const mayGoOn = Promise.withResolvers<undefined>()
    const collector = world.collector({
      storage: {
        ...world.storage,
        async remove(digest) {
          removing.resolve(undefined)
          await mayGoOn.promise
          await world.storage.remove(digest)
        },
      },
    })
    const collected = collector.drain()
    await removing.promise

    expect(await world.isVisible(blob.digest, repositoryId)).toBe(false)
    expect(await world.blobs.mount(blob.digest, repositoryId, repositoryId)).toBe(false)
    let isUploaded = false
    const upload = world.upload(blob, repositoryId).then(() => {
      isUploaded = true
    })
    // It has announced itself and is looking whether it may go on.
    await expect
      .poll(() => world.db.selectFrom('blobupload').select('committing_digest').execute())
      .toEqual([{ committing_digest: blob.digest }])
    expect(isUploaded).toBe(false)
    mayGoOn.resolve(undefined)
    await upload
    await collected

    expect(world.read(blob.digest)).toEqual(blob.bytes)
    expect(await world.isVisible(blob.digest, repositoryId)).toBe(true)
  })

  test('what a collector that died had doomed is finished by the next one', async () => {
    const [repositoryId = 0] = repositoryIds
    const blob = blobOf('left behind')
    await world.upload(blob, repositoryId)
    world.advance(holdMs)
    const dead = world.collector({
      storage: { ...world.storage, remove: () => Promise.reject(new Error('killed')) },
    })
    await expect(dead.drain()).rejects.toThrow('killed')
    expect(world.onDisk()).toHaveLength(1)

    // Also while a push waits for it.
    const upload = world.upload(blob, repositoryId)
    await world.collector().step()
    await upload
    expect(world.read(blob.digest)).toEqual(blob.bytes)
  })

  test('an upload that is about to become a blob protects it', async () => {
    const [repositoryId = 0] = repositoryIds
    const blob = blobOf('wanted')
    await world.upload(blob, repositoryId)
    world.advance(holdMs)
    const committing = Promise.withResolvers<undefined>()
    const mayGoOn = Promise.withResolvers<undefined>()
    const commit = world.storage.commit.bind(world.storage)
    world.storage.commit = async (id, digest) => {
      committing.resolve(undefined)
      await mayGoOn.promise
      return commit(id, digest)
    }
    const upload = world.upload(blob, repositoryId)
    await committing.promise
    await world.collector().drain()
    expect(world.onDisk()).toHaveLength(1)
    mayGoOn.resolve(undefined)
    await upload
    expect(await world.isVisible(blob.digest, repositoryId)).toBe(true)
  })

  test('the collector waits for a mount that is not committed yet', async () => {
    const [repositoryId = 0, other = 0] = repositoryIds
    const blob = blobOf('mounted at the last moment')
    await world.upload(blob, repositoryId)
    const { id } = await world.db.selectFrom('blob').select('id').executeTakeFirstOrThrow()
    world.advance(holdMs)
    await world.db.deleteFrom('uploadedblob').execute()

    const isLinked = Promise.withResolvers<undefined>()
    const mayCommit = Promise.withResolvers<undefined>()
    const mounting = world.db.transaction().execute(async (tx) => {
      expect(await blobStore(tx).link(other, id, world.now(), world.now() + holdMs)).toBe(true)
      isLinked.resolve(undefined)
      await mayCommit.promise
    })
    await isLinked.promise
    const collected = world.collector().drain()
    await world.untilBlocked()
    mayCommit.resolve(undefined)
    await Promise.all([mounting, collected])

    expect(world.read(blob.digest)).toEqual(blob.bytes)
    expect(await world.isVisible(blob.digest, other)).toBe(true)
  })

  test('a mount waits for the collector to decide, and gets nothing', async () => {
    const [repositoryId = 0, other = 0] = repositoryIds
    const blob = blobOf('doomed at the last moment')
    await world.upload(blob, repositoryId)
    const { id } = await world.db.selectFrom('blob').select('id').executeTakeFirstOrThrow()

    const isLocked = Promise.withResolvers<undefined>()
    const mayCommit = Promise.withResolvers<undefined>()
    const deciding = world.db.transaction().execute(async (tx) => {
      await blobGarbageStore(tx).lock(id)
      isLocked.resolve(undefined)
      await mayCommit.promise
      await blobGarbageStore(tx).doom(id)
    })
    await isLocked.promise
    const mounted = world.blobs.mount(blob.digest, repositoryId, other)
    await world.untilBlocked()
    mayCommit.resolve(undefined)
    await deciding
    expect(await mounted).toBe(false)
    expect(await world.isVisible(blob.digest, other)).toBe(false)
  })

  test('content of a manifest stays when a push of it is not committed yet', async () => {
    const [repositoryId = 0, other = 0] = repositoryIds
    const blob = blobOf('layer')
    await world.upload(blob, repositoryId)
    await world.upload(blob, other)
    const manifest = manifestOf({ blobs: [blob] })
    await world.push(manifest, repositoryId, 'latest')
    await world.manifests.delete(repositoryId, { kind: 'tag', tag: parseTagName('latest') }, () =>
      Promise.resolve(),
    )
    const isPushed = Promise.withResolvers<undefined>()
    const mayCommit = Promise.withResolvers<undefined>()
    const pushing = world.push(manifest, other, 'latest', async () => {
      isPushed.resolve(undefined)
      await mayCommit.promise
    })
    await isPushed.promise
    const collected = world.collector().drain()
    await world.untilBlocked()
    mayCommit.resolve(undefined)
    await Promise.all([pushing, collected])
    const rows = await world.db.selectFrom('manifest').select('repository_id').execute()
    expect(rows).toEqual([{ repository_id: other }])
    await readBack(manifest, other, 'latest', [blob])
  })

  test('a push refuses what has been doomed since it was found', async () => {
    const [repositoryId = 0] = repositoryIds
    const blob = blobOf('doomed')
    await world.upload(blob, repositoryId)
    const { id } = await world.db.selectFrom('blob').select('id').executeTakeFirstOrThrow()
    await blobGarbageStore(world.db).doom(id)
    await expect(
      world.push(manifestOf({ blobs: [blob] }), repositoryId, 'latest'),
    ).rejects.toSatisfy(isLost)
  })
})
