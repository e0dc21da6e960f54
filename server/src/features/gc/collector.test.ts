import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Registry } from 'prom-client'
import { afterAll, beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { contentHoldPrefix } from '../../work/content-hold.ts'
import { leaseStore } from '../../work/lease-store.ts'
import { createNamespaceDeletionService } from '../accounts/namespace-deletion-service.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import { parseTagName } from '../tags/tag-name.ts'
import { collectionMetrics } from './collection-metrics.ts'
import {
  blobOf,
  createGcWorld,
  holdMs,
  manifestOf,
  second,
  type GcWorld,
  type Manifest,
} from './gc-world-suite.ts'
import { tagGarbageStore } from './tag-garbage-store.ts'

const windowMs = 100 * second

describeDatabases('the collector', (open) => {
  const folders: string[] = []
  let world: GcWorld
  let acme: AccountRow
  let web: { id: number; full_name: string }

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-gc-'))
    folders.push(folder)
    world = await createGcWorld(await open(), folder)
    acme = await world.namespace('acme', windowMs)
    web = await world.repository(acme, 'web')
    return () => world.close()
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  async function push(text: string, tag?: string, subject?: Manifest, to = web): Promise<Manifest> {
    const blob = blobOf(text)
    await world.upload(blob, to.id)
    const manifest = manifestOf({ blobs: [blob], subject })
    await world.push(manifest, to.id, tag)
    return manifest
  }
  const deleteTag = (tag: string) =>
    world.manifests.delete(web.id, { kind: 'tag', tag: parseTagName(tag) }, () => Promise.resolve())
  const present = async () => {
    const rows = await world.db.selectFrom('manifest').select('digest').execute()
    return new Set(rows.map((row) => row.digest))
  }

  test('a deleted tag can be restored until its window is over, and is gone then', async () => {
    await push('one', 'v1')
    await deleteTag('v1')
    world.advance(windowMs - 1)
    await world.collector().drain()
    expect((await present()).size).toBe(1)
    world.advance(1)
    const { drain, freed } = world.collector()
    await drain()
    expect((await present()).size).toBe(0)
    expect(world.onDisk()).toEqual([])
    expect(freed).toEqual({
      ...{ tags: 1, manifests: 1, blobs: 1, bytes: 3 },
      ...{ repositories: 0, namespaces: 0 },
    })
  })

  test('bytes stay until the protection of the upload has run out too', async () => {
    const zero = await world.namespace('zero', 0)
    const quick = await world.repository(zero, 'quick')
    await push('one', 'v1', undefined, quick)
    await world.manifests.delete(quick.id, { kind: 'tag', tag: parseTagName('v1') }, () =>
      Promise.resolve(),
    )
    await world.collector().drain()
    expect((await present()).size).toBe(0)
    expect(world.onDisk()).toHaveLength(1)
    world.advance(holdMs)
    await world.collector().drain()
    expect(world.onDisk()).toEqual([])
  })

  test('content stays while somebody copies it, but what was going already goes', async () => {
    const doomed = blobOf('doomed')
    await world.upload(doomed, web.id)
    await push('one', 'v1')
    await deleteTag('v1')
    world.advance(windowMs + holdMs)
    // As a collector that was broken off between its moves leaves it.
    await world.db
      .updateTable('blob')
      .set({ doomed: 1 })
      .where('digest', '=', doomed.digest)
      .execute()
    await world.db.deleteFrom('uploadedblob').execute()
    const leases = leaseStore(world.db)
    const hold = { name: `${contentHoldPrefix}one`, holder: 'backup' }
    await leases.take({ ...hold, expires_at: world.now() + second }, world.now())
    const { step } = world.collector()
    while ((await step()) === 'more');
    expect((await present()).size).toBe(0)
    expect(world.onDisk()).toHaveLength(1)

    await leases.release(hold.name, hold.holder)
    while ((await step()) === 'more');
    expect(world.onDisk()).toEqual([])
  })

  test('steps alone come to the same end as a drain', async () => {
    await push('one', 'v1')
    await deleteTag('v1')
    const { step } = world.collector()
    while ((await step()) === 'more');
    expect((await present()).size).toBe(1)
    world.advance(windowMs)
    while ((await step()) === 'more');
    expect((await present()).size).toBe(0)
    expect(world.onDisk()).toEqual([])
  })

  test('referrers live as long as their subject', async () => {
    const image = await push('image', 'v1')
    const signature = await push('signature', undefined, image)
    await push('signature of the signature', undefined, signature)
    world.advance(windowMs * 10)
    await world.collector().drain()
    expect((await present()).size).toBe(3)
    await deleteTag('v1')
    world.advance(windowMs)
    await world.collector().drain()
    expect((await present()).size).toBe(0)
  })

  test('a referrer that was deleted goes at once, its subject stays', async () => {
    const image = await push('image', 'v1')
    const { digest } = await push('signature', undefined, image)
    await world.manifests.delete(web.id, { kind: 'digest', digest }, () => Promise.resolve())
    await world.collector().drain()
    expect(await present()).toEqual(new Set([image.digest]))
  })

  test('a referrer whose subject never came stays', async () => {
    await push('early', undefined, manifestOf({ blobs: [blobOf('late')] }))
    world.advance(windowMs * 10)
    await world.collector().drain()
    expect((await present()).size).toBe(1)
  })

  test('a referrer with a tag of its own outlives its subject', async () => {
    const image = await push('image', 'v1')
    const signature = await push('signature', 'sig', image)
    await deleteTag('v1')
    world.advance(windowMs)
    await world.collector().drain()
    expect(await present()).toEqual(new Set([signature.digest]))
    const tags = await world.db.selectFrom('tag').select('name').execute()
    expect(tags).toEqual([{ name: 'sig' }])
  })

  test('an index that refers to the signature of its own child goes, although they keep each other', async () => {
    const child = await push('child')
    const signature = await push('signature', undefined, child)
    const index = manifestOf({ children: [child], subject: signature })
    await world.push(index, web.id, 'v1')
    world.advance(windowMs * 10)
    await world.collector().drain()
    expect((await present()).size).toBe(3)
    await deleteTag('v1')
    world.advance(windowMs)
    await world.collector().drain()
    expect((await present()).size).toBe(0)
  })

  test('a tag that has run out becomes history and keeps its own end', async () => {
    await push('one', 'v1')
    const end = world.now() + 10 * second
    await world.db.updateTable('tag').set({ lifetime_end_ms: end }).execute()
    world.advance(20 * second)
    await world.collector().drain()
    const tags = await world.db.selectFrom('tag').selectAll().execute()
    expect(tags).toMatchObject([{ live_name: null, lifetime_end_ms: end }])
  })

  test('immutable tags that have run out go only where they may', async () => {
    await push('one', 'v1')
    await world.db
      .updateTable('tag')
      .set({ immutable: 1, lifetime_end_ms: world.now() + 1 })
      .execute()
    world.advance(windowMs * 2)
    await world.collector().drain()
    expect((await present()).size).toBe(1)
    const canExpire = { ...world.config.features, immutableTagsCanExpire: true }
    await world.collector({ config: { ...world.config, features: canExpire } }).drain()
    expect((await present()).size).toBe(0)
  })

  test('a tag that was restored since it was found stays', async () => {
    await push('one', 'v1')
    await deleteTag('v1')
    const { id } = await world.db.selectFrom('tag').select('id').executeTakeFirstOrThrow()
    const now = world.now()
    const rules = { now: now + windowMs, cutoff: now, immutableTagsCanExpire: false }
    await world.db
      .updateTable('tag')
      .set({ lifetime_end_ms: now + 1 })
      .execute()
    expect(await tagGarbageStore(world.db).removeGarbage(web.id, [id], rules)).toEqual([])
    await world.db.updateTable('tag').set({ lifetime_end_ms: null }).execute()
    expect(await tagGarbageStore(world.db).removeGarbage(web.id, [id], rules)).toEqual([])
    await world.db.updateTable('tag').set({ lifetime_end_ms: now }).execute()
    expect(await tagGarbageStore(world.db).removeGarbage(web.id, [id], rules)).toHaveLength(1)
  })

  test('a window that is shortened takes effect on what is history already', async () => {
    await push('one', 'v1')
    await deleteTag('v1')
    const { step } = world.collector()
    world.advance(windowMs / 2)
    while ((await step()) === 'more');
    await world.db.updateTable('user').set({ removed_tag_expiration_s: 10 }).execute()
    world.advance(3_600_001)
    while ((await step()) === 'more');
    expect((await present()).size).toBe(0)
  })

  test('a shared blob and shared content stay for who still has them', async () => {
    const other = await world.repository(acme, 'other')
    const manifest = await push('shared', 'v1')
    await push('shared', 'v1', undefined, other)
    await world.deleteRepository('acme/web')
    world.advance(holdMs)
    const { drain, freed } = world.collector()
    await drain()
    expect(freed).toMatchObject({ manifests: 1, blobs: 0, repositories: 1 })
    expect(await world.isVisible(blobOf('shared').digest, other.id)).toBe(true)
    const found = await world.manifests.require(other.id, {
      kind: 'digest',
      digest: manifest.digest,
    })
    expect(await world.manifests.read(found)).toEqual(manifest.bytes)
  })

  test('a deleted repository goes with its uploads, and takes none meanwhile', async () => {
    await push('one', 'v1')
    const upload = await world.uploads.start(web.id)
    await world.deleteRepository('acme/web')
    await expect(world.uploads.start(web.id)).rejects.toThrow('repository-unknown')
    await expect(push('two', 'v2')).rejects.toThrow('repository-unknown')
    world.advance(holdMs)
    await world.collector().drain()
    expect(await world.disk.uploadSize(upload)).toBeUndefined()
    expect(await world.db.selectFrom('repository').selectAll().execute()).toEqual([])
    expect(world.onDisk()).toEqual([])
  })

  test('a deleted namespace goes with everything, after its grace period, and its name is free', async () => {
    for (const name of ['api', 'db']) {
      await push('one', 'v1', undefined, await world.repository(acme, name))
    }
    const deletion = createNamespaceDeletionService({
      db: world.db,
      random: world.random,
      config: { collection: { everyMs: 0, graceMs: 0, graceNamespaces: [] } },
    })
    await world.db
      .transaction()
      .execute((tx) =>
        deletion.deleteNamespace(tx, acme, { graceMs: 1_000 * second, now: world.now() }),
      )
    world.advance(999 * second)
    await world.collector().drain()
    expect(await world.db.selectFrom('manifest').select('id').execute()).toHaveLength(2)
    expect(await world.plan()).toMatchObject({ repositories: 0, namespaces: 0 })

    world.advance(second)
    const plan = await world.plan()
    const { drain, freed } = world.collector()
    await drain()
    expect(freed).toEqual(plan)
    expect(freed).toMatchObject({ manifests: 2, repositories: 3, namespaces: 1 })
    expect(await accountStore(world.db).find('acme')).toBeUndefined()
    expect(world.onDisk()).toEqual([])
    await world.namespace('acme', 0)
  })

  test('what is switched off stays', async () => {
    await push('one', 'v1')
    await deleteTag('v1')
    const other = await world.repository(acme, 'other')
    await world.deleteRepository(other.full_name)
    world.advance(windowMs)
    const features = {
      garbageCollection: false,
      repositoryGarbageCollection: false,
      namespaceGarbageCollection: false,
      immutableTagsCanExpire: false,
    }
    const off = world.collector({ config: { ...world.config, features } })
    expect(await off.step()).toBe('idle')
    await off.drain()
    expect((await present()).size).toBe(1)
    expect(await world.db.selectFrom('repository').select('id').execute()).toHaveLength(2)
  })

  test('counts what it does under the names of the metrics', async () => {
    const registry = new Registry()
    await push('one', 'v1')
    await deleteTag('v1')
    await world.deleteRepository((await world.repository(acme, 'other')).full_name)
    world.advance(windowMs)
    await world.collector({ tally: collectionMetrics(registry) }).drain()
    const text = await registry.metrics()
    for (const line of [
      'quay_gc_iterations_total 1',
      'quay_gc_table_rows_deleted_total{table="Tag"} 1',
      'quay_gc_table_rows_deleted_total{table="Manifest"} 1',
      'quay_gc_table_rows_deleted_total{table="ManifestBlob"} 1',
      'quay_gc_table_rows_deleted_total{table="UploadedBlob"} 1',
      'quay_gc_table_rows_deleted_total{table="Blob"} 1',
      'quay_gc_storage_blobs_deleted_total 1',
      'quay_gc_repos_purged_total 1',
      'quay_gc_namespaces_purged_total 0',
    ]) {
      expect(text).toContain(line)
    }
  })
})
