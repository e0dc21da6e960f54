import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { isProblem } from '../../problem.ts'
import {
  blobOf,
  createGcWorld,
  holdMs,
  manifestOf,
  type Blob,
  type GcWorld,
} from '../gc/gc-world-suite.ts'
import { parseTagName } from '../tags/tag-name.ts'
import { createQuotaBackfill } from './quota-backfill.ts'
import { expectAllCounted, expectRightSizes } from './quota-model-suite.ts'
import { createQuotaReports } from './quota-report-service.ts'
import { quotaFor } from './quota-suite.ts'

const base = blobOf('a base layer')
const extra = blobOf('a layer on top of it')
const config = blobOf('{}')
const big = blobOf('x'.repeat(1_000))

const sizeOf = (...blobs: readonly Blob[]) => blobs.reduce((sum, one) => sum + one.bytes.length, 0)

describeDatabases('sizes of namespaces and repositories', (open) => {
  const folders: string[] = []
  let world: GcWorld
  let acme: { id: number; username: string }
  let web: number
  let api: number

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-quota-'))
    folders.push(folder)
    world = await createGcWorld(await open(), folder)
    acme = await world.namespace('acme', 0)
    web = (await world.repository(acme, 'web')).id
    api = (await world.repository(acme, 'api')).id
    return () => world.close()
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  async function push(repositoryId: number, blobs: readonly Blob[], tag = 'latest') {
    for (const blob of blobs) await world.upload(blob, repositoryId)
    const manifest = manifestOf({ blobs })
    await world.push(manifest, repositoryId, tag)
    return manifest
  }

  const backfill = (pageBlobs: number) =>
    createQuotaBackfill({
      ...{ database: world.database, clock: world.clock, delayMs: 0, scopesAtOnce: 100, pageBlobs },
    })

  async function countAll() {
    const sizes = backfill(2)
    await sizes.prepare()
    while ((await sizes.step()) === 'more');
  }

  const reports = () =>
    createQuotaReports({
      db: world.db,
      config: {
        features: { quotaManagement: true, editQuota: true },
        quota: {
          ...{ backfill: true, backfillDelayMs: 0, backfillEveryMs: 1_000, backfillBatchSize: 1 },
          invalidateTotals: true,
        },
      },
    })
  const ofNamespace = async () => {
    const { quota_report: report } = await reports().ofNamespace(acme.id)
    return { bytes: report?.quota_bytes, status: report?.backfill_status }
  }
  const ofRepository = async (id: number) =>
    (await reports().ofRepositories([id]))(id).quota_report?.quota_bytes

  test('a blob counts once in a repository and once in its namespace', async () => {
    await push(web, [config, base])
    await push(web, [config, base, extra], 'v2')
    await push(api, [config, base])
    expect(await ofRepository(web)).toBe(sizeOf(config, base, extra))
    expect(await ofRepository(api)).toBe(sizeOf(config, base))
    expect(await ofNamespace()).toEqual({
      bytes: sizeOf(config, base, extra),
      status: 'complete',
    })
  })

  test('the same image under another tag, an upload, or an index takes nothing', async () => {
    const image = await push(web, [config, base])
    await push(web, [config, base], 'again')
    await world.upload(big, web)
    await world.push(manifestOf({ children: [image] }), web, 'index')
    expect(await ofRepository(web)).toBe(sizeOf(config, base))
  })

  test('a deleted tag counts until it is collected', async () => {
    await push(web, [config, base])
    await push(web, [config, big], 'v2')
    await world.manifests.delete(web, { kind: 'tag', tag: parseTagName('v2') }, () =>
      Promise.resolve(),
    )
    expect(await ofRepository(web)).toBe(sizeOf(config, base, big))
    world.advance(holdMs * 2)
    await world.collector().drain()
    expect(await ofRepository(web)).toBe(sizeOf(config, base))
    expect((await ofNamespace()).bytes).toBe(sizeOf(config, base))
  })

  test('a deleted repository takes its share off the namespace, and its own size with it', async () => {
    await push(web, [config, base, big])
    await push(api, [config, extra])
    await world.deleteRepository('acme/web')
    await world.collector().drain()
    expect((await ofNamespace()).bytes).toBe(sizeOf(config, extra))
    expect(await world.db.selectFrom('quotarepositorysize').select('id').execute()).toEqual([
      { id: api },
    ])
  })

  test('what was there before waits for the count, whatever is pushed meanwhile', async () => {
    world.keepSizes(false)
    await push(web, [config, base])
    world.keepSizes(true)
    expect(await ofNamespace()).toEqual({ bytes: 0, status: 'waiting' })
    await push(web, [config, extra], 'v2')
    await push(api, [config, big])
    expect(await ofNamespace()).toEqual({ bytes: 0, status: 'waiting' })
    expect(await ofRepository(api)).toBe(sizeOf(config, big))
    await countAll()
    expect(await ofNamespace()).toEqual({
      bytes: sizeOf(config, base, extra, big),
      status: 'complete',
    })
    expect(await ofRepository(web)).toBe(sizeOf(config, base, extra))
  })

  test('pushes and collections during a count are neither missed nor counted twice', async () => {
    for (const blob of [config, base, extra, big]) await world.upload(blob, api)
    world.keepSizes(false)
    await push(web, [config, big])
    world.keepSizes(true)
    const sizes = backfill(1)
    await sizes.prepare()
    await sizes.step()
    expect(await ofNamespace()).toEqual({ bytes: 0, status: 'running' })
    // Behind the count (config), before it (extra), and one that it has not reached (big).
    await push(api, [config, extra])
    await expectRightSizes(world.db)
    await sizes.step()
    await push(api, [config, base], 'v2')
    await expectRightSizes(world.db)
    await world.deleteRepository('acme/web')
    await world.collector().drain()
    await expectRightSizes(world.db)
    while ((await sizes.step()) === 'more');
    await expectAllCounted(world.db)
    expect(await ofNamespace()).toEqual({
      bytes: sizeOf(config, base, extra),
      status: 'complete',
    })
  })

  test('while sizes are not kept, a push or a collection makes them stale', async () => {
    await push(web, [config, base])
    await push(api, [config, base])
    world.keepSizes(false)
    await push(web, [config, extra], 'v2')
    expect(await ofNamespace()).toEqual({ bytes: 0, status: 'waiting' })
    expect(await ofRepository(web)).toBe(0)
    expect(await ofRepository(api)).toBe(sizeOf(config, base))
    await world.deleteRepository('acme/api')
    await world.collector().drain()
    world.keepSizes(true)
    await countAll()
    await expectAllCounted(world.db)
  })

  test('without QUOTA_INVALIDATE_TOTALS they stay as they are', async () => {
    await push(web, [config, base])
    const { id } = await world.db.selectFrom('manifest').select('id').executeTakeFirstOrThrow()
    await world.db
      .transaction()
      .execute((tx) => quotaFor(world.clock, { invalidateTotals: false }).linked(tx, web, id, [1]))
    expect(await ofNamespace()).toEqual({ bytes: sizeOf(config, base), status: 'complete' })
  })

  test('an accounting that fails takes the push with it, unless failures are suppressed', async () => {
    const accounting = quotaFor(world.clock, { quotaManagement: true })
    const suppressing = quotaFor(world.clock, {
      ...{ quotaManagement: true, quotaSuppressFailures: true },
    })
    await push(web, [config, base])
    await sql`alter table quotarepositorysize rename to elsewhere`.execute(world.db)
    const change = (quota: typeof accounting) =>
      world.db.transaction().execute(async (tx) => {
        await tx.updateTable('repository').set({ description: 'pushed' }).execute()
        await quota.linked(tx, web, 1, [1])
      })
    await expect(change(accounting)).rejects.toThrow(/quotarepositorysize/)
    const described = () =>
      world.db.selectFrom('repository').select('description').where('id', '=', web).execute()
    expect(await described()).toEqual([{ description: null }])
    await change(suppressing)
    expect(await described()).toEqual([{ description: 'pushed' }])
    // What went wrong is made good by a count.
    expect(await ofNamespace()).toEqual({ bytes: 0, status: 'waiting' })
  })

  test('two who push the same blob at the same moment count it once', async () => {
    for (const blob of [config, base]) {
      await world.upload(blob, web)
      await world.upload(blob, api)
    }
    await world.push(manifestOf({ blobs: [config] }), web, 'before')
    const isPushed = Promise.withResolvers<undefined>()
    const mayCommit = Promise.withResolvers<undefined>()
    const first = world.push(manifestOf({ blobs: [config, base] }), web, 'latest', async () => {
      isPushed.resolve(undefined)
      await mayCommit.promise
    })
    await isPushed.promise
    // Of other bytes, so that it is the counter alone that they both want.
    const second = world.push(manifestOf({ blobs: [config, base], variant: 1 }), api, 'latest')
    await world.untilBlocked()
    mayCommit.resolve(undefined)
    await Promise.all([first, second])
    expect((await ofNamespace()).bytes).toBe(sizeOf(config, base))
  })

  test(
    'pushes, collections and a count at the same moment add up',
    { timeout: 60_000 },
    async () => {
      const blobs = [config, base, extra, big]
      const repositories = [web, api]
      for (const name of ['db', 'cache']) {
        repositories.push((await world.repository(acme, name)).id)
      }
      let left = repositories.length
      const counting = (async () => {
        while (left > 0) {
          await countAll()
          await world.collector().step()
          world.advance(holdMs / 10)
        }
      })()
      async function pushSome(repositoryId: number, own: number) {
        for (let at = 0; at < 15; at++) {
          const chosen = blobs.filter((_, bit) => ((at + own) & (1 << bit)) !== 0)
          const pushed = push(
            repositoryId,
            chosen.length > 0 ? chosen : blobs,
            `v${String(at % 3)}`,
          )
          await pushed.catch((error: unknown) => {
            if (!isProblem(error, 'manifest-blob-unknown')) throw error
          })
          if (at === 5) world.keepSizes(own !== 0)
          if (at === 8) world.keepSizes(true)
        }
      }
      try {
        await Promise.all(repositories.map(pushSome))
      } finally {
        left = 0
        await counting
      }
      await expectRightSizes(world.db)
      await countAll()
      await expectAllCounted(world.db)
      expect((await ofNamespace()).bytes).toBe(sizeOf(...blobs))
    },
  )

  test('an empty namespace is complete once somebody looked', async () => {
    expect(await ofNamespace()).toEqual({ bytes: 0, status: 'waiting' })
    await countAll()
    expect(await ofNamespace()).toEqual({ bytes: 0, status: 'complete' })
    await expectAllCounted(world.db)
  })
})
