import fc from 'fast-check'
import { expect } from 'vitest'

import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { createQuotaBackfill } from '../quota/quota-backfill.ts'
import { expectAllCounted } from '../quota/quota-model-suite.ts'
import { parseTagName } from '../tags/tag-name.ts'
import { tagStore } from '../tags/tag-store.ts'
import { ModelRepository } from './gc-model-suite.ts'
import {
  blobOf,
  holdMs,
  manifestOf,
  second,
  type GcWorld,
  type Manifest,
} from './gc-world-suite.ts'

const windowMs = 100 * second
const pool = Array.from({ length: 6 }, (_, at) => blobOf(`blob ${String(at)}`))
const tagNames = ['latest', 'v1', 'v2']

const kinds = [
  ...['image', 'image', 'image', 'index', 'index', 'referrer', 'referrer', 'late-referrer'],
  ...['mount', 'upload', 'delete-tag', 'delete-tag', 'delete-digest', 'restore', 'restore'],
  ...[
    'expire-tag',
    'freeze',
    'advance',
    'advance',
    'advance',
    'collect',
    'collect',
    'crash',
    'break-off',
  ],
  ...['delete-repository', 'count', 'count', 'keep-sizes', 'let-sizes-rot'],
] as const

/** Something that happens to a registry. */
export const operation = fc.record({
  kind: fc.constantFrom(...kinds),
  /** Choose a repository, a manifest, a tag, an amount. */
  where: fc.nat(2),
  one: fc.nat(7),
  other: fc.nat(7),
  tag: fc.option(fc.constantFrom(...tagNames), { nil: undefined }),
  /** Whether the collector runs between the uploads and the manifest of a push. */
  between: fc.boolean(),
})
export type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

class Broken extends Error {}

/** What a run that failed left behind must not fail the next one, which looks for a smaller example. */
export async function clear({ db, disk, onDisk }: GcWorld) {
  for (const table of [
    ...(['tag', 'manifest', 'manifest_content', 'blobupload', 'uploadedblob', 'blob'] as const),
    ...(['repository', 'user'] as const),
  ]) {
    await db.deleteFrom(table).execute()
  }
  for (const hex of onDisk()) await disk.remove(`sha256:${hex}` as never)
}

/** A registry and its model, to which the same things happen. */
export async function createRun(world: GcWorld, round: number, resetsChildHolds: boolean) {
  world.resetChildHolds(resetsChildHolds)
  const sizes = createQuotaBackfill({
    ...{ database: world.database, clock: world.clock, delayMs: 0 },
    ...{ scopesAtOnce: 3, pageBlobs: 1 },
  })
  const acme = await world.namespace(`acme-${String(round)}`, windowMs)
  const zero = await world.namespace(`zero-${String(round)}`, 0)
  const namespaces = [acme, acme, zero]
  let created = 0
  const repositories: ModelRepository[] = []
  for (const at of namespaces.keys()) await createRepository(at)
  let collector = world.collector()

  async function createRepository(at: number) {
    const namespace = namespaces[at] ?? acme
    const row = await world.repository(namespace, `web-${String(++created)}`)
    const window = namespace === zero ? 0 : windowMs
    repositories[at] = new ModelRepository(row.id, row.full_name, window, resetsChildHolds)
  }

  async function upload(repository: ModelRepository, at: number) {
    const blob = pick(pool, at)
    // A blob that a crash left doomed is waited for until the collector has finished with it.
    const doomed = await world.db
      .selectFrom('blob')
      .select('id')
      .where('digest', '=', blob.digest)
      .where('doomed', '=', 1)
      .executeTakeFirst()
    const pushed = world.upload(blob, repository.id)
    if (doomed !== undefined) await Promise.all([pushed, collect(collector.step)])
    await pushed
    repository.uploads.set(blob.digest, world.now() + holdMs)
    return blob
  }

  async function push(repository: ModelRepository, manifest: Manifest, wanted: string | undefined) {
    const tag = repository.isFrozen(wanted, world.now()) ? undefined : wanted
    await world.push(manifest, repository.id, tag)
    repository.push(manifest, tag, world.now())
  }

  async function pushImage(
    repository: ModelRepository,
    { one, other, tag, between }: Operation,
    subject?: Manifest,
  ) {
    const blobs = [await upload(repository, one), await upload(repository, other)]
    if (between) await collect(collector.step)
    await push(repository, manifestOf({ blobs, subject, variant: (one + other) % 3 }), tag)
  }

  async function apply(operation: Operation): Promise<void> {
    const { kind, where, one, other, tag } = operation
    const repository = pick(repositories, where)
    const now = world.now()
    const manifests = [...repository.manifests.values()]
    switch (kind) {
      case 'image':
        return pushImage(repository, operation)
      case 'index': {
        if (manifests.length === 0) return
        const children = [pick(manifests, one), pick(manifests, other)]
        const subject = operation.between ? pick(manifests, one + other) : undefined
        return push(repository, manifestOf({ children, subject, variant: one }), tag)
      }
      case 'referrer':
        if (manifests.length === 0) return
        return pushImage(repository, operation, pick(manifests, one + other))
      case 'late-referrer':
        // Its subject is pushed later, or never.
        return pushImage(
          repository,
          operation,
          manifestOf({ blobs: [pick(pool, one), pick(pool, other)], variant: (one + other) % 3 }),
        )
      case 'mount': {
        const from = pick(repositories, one)
        const { digest } = pick(pool, other)
        if (await world.blobs.mount(digest, from.id, repository.id)) {
          repository.uploads.set(digest, now + holdMs)
        }
        return
      }
      case 'upload':
        await upload(repository, one)
        return
      case 'delete-tag': {
        const name = tag ?? 'latest'
        if (!repository.liveTags(now).includes(name) || repository.isFrozen(name, now)) return
        await world.manifests.delete(repository.id, { kind: 'tag', tag: parseTagName(name) }, () =>
          Promise.resolve(),
        )
        repository.deleteTag(name, now)
        return
      }
      case 'delete-digest': {
        const alive = [...repository.alive(now)]
        if (alive.length === 0) return
        const digest = pick(alive, one)
        if (repository.isFrozen(digest, now)) return
        await world.manifests.delete(repository.id, { kind: 'digest', digest }, () =>
          Promise.resolve(),
        )
        repository.deleteDigest(digest, now)
        return
      }
      case 'restore': {
        const digests = repository.restorable(now)
        if (digests.length === 0) return
        const digest = pick(digests, one)
        const name = tag ?? 'latest'
        if (repository.isFrozen(name, now)) return
        await world.db.transaction().execute(async (tx) => {
          await tagStore(tx).lockRepository(repository.id)
          const manifestId = await idOf(tx, repository.id, digest)
          await world.tagChanges.point(
            tx,
            { repositoryId: repository.id, name: parseTagName(name), manifestId },
            now,
          )
        })
        repository.point(name, digest, now)
        return
      }
      case 'expire-tag': {
        const [name] = repository.liveTags(now)
        if (name === undefined) return
        const end = now + (one + 1) * 10 * second
        await world.db
          .updateTable('tag')
          .set({ lifetime_end_ms: end })
          .where('repository_id', '=', repository.id)
          .where('live_name', '=', name)
          .execute()
        repository.setExpiry(name, end)
        return
      }
      case 'freeze': {
        const name = tag ?? 'latest'
        if (one > 1 || !repository.liveTags(now).includes(name)) return
        await world.db
          .updateTable('tag')
          .set({ immutable: 1 })
          .where('repository_id', '=', repository.id)
          .where('live_name', '=', name)
          .execute()
        repository.freeze(name)
        return
      }
      case 'advance':
        world.advance((one + 1) * 7 * second)
        return
      case 'collect':
        return collect(one === 7 ? collector.drain : collector.step)
      case 'crash': {
        // Bytes that cannot be removed leave blobs doomed; the process starts over.
        const storage: BlobStorage = {
          ...world.storage,
          remove: async (digest) => {
            if (one < 4) await world.storage.remove(digest)
            throw new Broken()
          },
        }
        await collect(world.collector({ storage }).drain)
        collector = world.collector()
        return
      }
      case 'break-off': {
        const database = breaksAfter(world.database, one * 3 + other)
        await collect(world.collector({ database }).drain)
        collector = world.collector()
        return
      }
      case 'delete-repository':
        if (other > 2) return
        await world.deleteRepository(repository.fullName)
        return createRepository(where)
      case 'count':
        await sizes.prepare()
        await sizes.step()
        return
      case 'keep-sizes':
      case 'let-sizes-rot':
        // Turned off less often than on.
        world.keepSizes(kind === 'keep-sizes' || other > 3)
        return
    }
  }

  /** Whatever the collector does, only the unreachable may be gone afterwards. */
  async function collect(work: () => Promise<unknown>): Promise<void> {
    const now = world.now()
    const reachable = repositories.map((repository) => repository.reachable(now))
    await work().catch((error: unknown) => {
      if (!(error instanceof Broken)) throw error
    })
    for (const [at, repository] of repositories.entries()) {
      const present = await presentIn(repository)
      for (const digest of [...repository.manifests.keys()]) {
        if (present.has(digest)) continue
        expect(reachable[at], 'a manifest that was removed').not.toContain(digest)
        repository.forget(digest, now)
      }
      await check(repository)
    }
  }

  async function presentIn({ id }: ModelRepository): Promise<Set<string>> {
    const rows = await world.db
      .selectFrom('manifest')
      .select('digest')
      .where('repository_id', '=', id)
      .execute()
    return new Set(rows.map((row) => row.digest))
  }

  async function check(repository: ModelRepository): Promise<void> {
    const now = world.now()
    const alive = repository.alive(now)
    for (const digest of repository.reachable(now)) {
      const manifest = repository.manifests.get(digest)
      if (manifest === undefined) throw new Error(`${digest} is not in the model`)
      const content = await world.db
        .selectFrom('manifest_content')
        .select('bytes')
        .where('digest', '=', digest)
        .executeTakeFirstOrThrow()
      expect(Buffer.from(content.bytes)).toEqual(manifest.bytes)
      if (alive.has(digest)) {
        const found = await world.manifests.require(repository.id, { kind: 'digest', digest })
        expect(await world.manifests.read(found)).toEqual(manifest.bytes)
      }
      for (const blob of manifest.blobs) await checkBlob(repository, blob)
    }
    for (const [digest, until] of repository.uploads) {
      if (until > now) await checkBlob(repository, digest)
    }
  }

  async function checkBlob({ id }: ModelRepository, digest: Manifest['digest']): Promise<void> {
    expect(await world.isVisible(digest, id), 'a blob is visible').toBe(true)
    expect(world.read(digest)).toEqual(pool.find((blob) => blob.digest === digest)?.bytes)
  }

  async function finish(): Promise<void> {
    world.advance(windowMs * 2 + holdMs)
    const plan = await world.plan()
    const last = world.collector()
    await collect(last.drain)
    expect(last.freed, 'what the dry run said').toEqual(plan)
    await world.collector().drain()
    expect(last.freed, 'nothing is left for a second run').toEqual(plan)

    const now = world.now()
    const needed = new Set<string>()
    for (const repository of repositories) {
      const reachable = repository.reachable(now)
      expect(await presentIn(repository)).toEqual(new Set<string>(reachable))
      for (const digest of reachable) {
        for (const blob of repository.manifests.get(digest)?.blobs ?? []) needed.add(blob)
      }
    }
    await expectStored(needed)

    world.keepSizes(true)
    await sizes.prepare()
    while ((await sizes.step()) === 'more');
    await expectAllCounted(world.db)

    for (const repository of repositories) await world.deleteRepository(repository.fullName)
    await world.collector().drain()
    await expectStored(new Set())
    await expectAllCounted(world.db)
    for (const table of ['tag', 'manifest', 'manifest_content', 'repository'] as const) {
      expect(await world.db.selectFrom(table).selectAll().execute(), table).toEqual([])
    }
  }

  async function expectStored(digests: ReadonlySet<string>): Promise<void> {
    const rows = await world.db.selectFrom('blob').select('digest').execute()
    expect(new Set(rows.map((row) => row.digest))).toEqual(digests)
    const hexes = [...digests].map((digest) => digest.slice('sha256:'.length))
    expect(world.onDisk()).toEqual(hexes.sort())
  }

  return { apply, finish }
}

function pick<T>(items: readonly T[], at: number): T {
  const item = items[at % items.length]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

async function idOf(tx: Db, repositoryId: number, digest: string): Promise<number> {
  const { id } = await tx
    .selectFrom('manifest')
    .select('id')
    .where('repository_id', '=', repositoryId)
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow()
  return id
}

/** A database that is lost after some transactions: a collector that was killed between two of them. */
function breaksAfter(database: Database, transactions: number): Database {
  let left = transactions
  const db = new Proxy(database.db, {
    get(target, key) {
      if (key === 'transaction' && left-- <= 0) throw new Broken()
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return { ...database, db }
}
