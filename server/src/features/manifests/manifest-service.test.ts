import { createHash } from 'node:crypto'

import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { isProblem, Problem, type ProblemCode } from '../../problem.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { parseTagName } from '../tags/tag-name.ts'
import { createTagService } from '../tags/tag-service.ts'
import { quotaFor } from '../quota/quota-suite.ts'
import { tagRulesFor } from '../tags/tag-rules-suite.ts'
import { createManifestContent } from './manifest-content.ts'
import { mediaTypes } from './manifest-media-types.ts'
import { createManifestService } from './manifest-service.ts'
import type { BlobReader } from './read-config.ts'
import { createReferrerService } from './referrer-service.ts'

const hour = 3_600_000
const nothing = () => Promise.resolve()
const digestOf = (bytes: Buffer): Digest =>
  parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
const problem = (code: ProblemCode): unknown =>
  expect.toSatisfy((error: unknown) => isProblem(error, code))

/** As far as a push reads: the content of blobs. */
const storageOf = (contents: ReadonlyMap<string, Buffer>): BlobReader => ({
  open(digest) {
    const bytes = contents.get(digest)
    if (bytes === undefined) return Promise.reject(new Problem('blob-unknown'))
    return Promise.resolve({
      sizeBytes: bytes.length,
      sendTo: async (target, start, end) => void target.write(bytes.subarray(start, end + 1)),
      close: () => Promise.resolve(),
    })
  },
})

interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
}

describeDatabases('manifests and tags', (open) => {
  let database: Database
  let repositoryId: number
  let now = 1_000_000_000_000
  const contents = new Map<string, Buffer>()
  const clock = { now: () => now }

  beforeEach(async () => {
    database = await open()
    const { db } = database
    const user = await db
      .insertInto('user')
      .values({
        uuid: 'u',
        username: 'acme',
        email: null,
        password_hash: null,
        removed_tag_expiration_s: 0,
        created_at: now,
        last_accessed: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    const repository = await db
      .insertInto('repository')
      .values({
        namespace_user_id: user.id,
        name: 'web',
        full_name: 'acme/web',
        visibility: 'private',
        description: null,
        created_at: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    repositoryId = repository.id
  })

  const service = (acceptsSparse = false, on: Database = database) =>
    createManifestService({
      database: on,
      content: createManifestContent(database.db),
      clock,
      random: systemRandom,
      storage: storageOf(contents),
      ...tagRulesFor(on, { immutableTags: true }),
      quota: quotaFor(clock),
      acceptsOci: true,
      acceptsSparse,
      holdMs: hour,
    })

  async function blob(text: string): Promise<Descriptor> {
    const bytes = Buffer.from(text)
    const blobs = blobStore(database.db)
    const digest = digestOf(bytes)
    contents.set(digest, bytes)
    const id = await blobs.insert(digest, bytes.length, now)
    await blobs.link(repositoryId, id, now, now + hour)
    return { mediaType: 'application/octet-stream', digest, size: bytes.length }
  }

  async function image(text: string, extra: object = {}): Promise<Buffer> {
    const config = await blob(`config of ${text}`)
    const layers = [await blob(`layer of ${text}`)]
    return Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers, ...extra }))
  }

  const index = (children: readonly Buffer[]) =>
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        manifests: children.map((child) => ({
          mediaType: mediaTypes.ociManifest,
          digest: digestOf(child),
          size: child.length,
        })),
      }),
    )

  const push = (bytes: Buffer, tag?: string, contentType: string = mediaTypes.ociManifest) =>
    service().push({
      repositoryId,
      reference:
        tag === undefined
          ? { kind: 'digest', digest: digestOf(bytes) }
          : { kind: 'tag', tag: parseTagName(tag) },
      tags: [],
      contentType,
      bytes,
      record: nothing,
    })
  const byTag = (tag: string) =>
    service().require(repositoryId, { kind: 'tag', tag: parseTagName(tag) })
  const byDigest = (bytes: Buffer) =>
    service().require(repositoryId, { kind: 'digest', digest: digestOf(bytes) })
  const remove = (bytes: Buffer) =>
    service().delete(repositoryId, { kind: 'digest', digest: digestOf(bytes) }, nothing)

  test('a manifest is found by its tag and its digest, byte by byte', async () => {
    const bytes = await image('one')
    await push(bytes, 'v1')
    const manifest = await byTag('v1')
    expect(manifest).toEqual(await byDigest(bytes))
    expect((await service().read(manifest)).equals(bytes)).toBe(true)
  })

  test('a push and a delete are answered only when the commit is on the medium', async () => {
    const bytes = await image('durable')
    const flushes: PromiseWithResolvers<undefined>[] = []
    const held: Database = {
      ...database,
      flush: () => {
        const flush = Promise.withResolvers<undefined>()
        flushes.push(flush)
        return flush.promise
      },
    }
    const reference = { kind: 'tag', tag: parseTagName('durable') } as const
    const contentType = mediaTypes.ociManifest
    const answers: string[] = []
    const pushed = service(false, held)
      .push({ repositoryId, reference, tags: [], contentType, bytes, record: nothing })
      .then(() => answers.push('pushed'))
    await expect.poll(() => flushes.length).toBe(1)
    expect((await byTag('durable')).digest).toBe(digestOf(bytes))
    expect(answers).toEqual([])
    flushes[0]?.resolve(undefined)
    await pushed
    const deleted = service(false, held)
      .delete(repositoryId, reference, nothing)
      .then(() => answers.push('deleted'))
    await expect.poll(() => flushes.length).toBe(2)
    expect(answers).toEqual(['pushed'])
    flushes[1]?.resolve(undefined)
    await deleted
    expect(answers).toEqual(['pushed', 'deleted'])
  })

  test('without a tag it stays for an hour, with a subject for good', async () => {
    const plain = await image('plain')
    await push(plain)
    const subject = {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(plain),
      size: plain.length,
    }
    const attached = await image('attached', { subject })
    await push(attached)
    now += hour + 1
    await expect(byDigest(plain)).rejects.toThrow(problem('manifest-unknown'))
    expect((await byDigest(attached)).digest).toBe(digestOf(attached))
  })

  test('what a live index lists is alive, through indexes of indexes', async () => {
    const child = await image('child')
    await push(child)
    const inner = index([child])
    await push(inner, undefined, mediaTypes.ociIndex)
    const outer = index([inner])
    await push(outer, 'nested', mediaTypes.ociIndex)
    now += hour + 1
    expect((await byDigest(child)).digest).toBe(digestOf(child))
    await service().delete(repositoryId, { kind: 'tag', tag: parseTagName('nested') }, nothing)
    for (const bytes of [child, inner, outer]) {
      await expect(byDigest(bytes)).rejects.toThrow(problem('manifest-unknown'))
    }
  })

  test('a moved tag keeps its history', async () => {
    const [first, second] = [await image('first'), await image('second')]
    await push(first, 'latest')
    now += 1000
    await push(second, 'latest')
    expect((await byTag('latest')).digest).toBe(digestOf(second))
    const rows = await database.db
      .selectFrom('tag')
      .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
      .select(['digest', 'live_name', 'lifetime_start_ms', 'lifetime_end_ms'])
      .orderBy('tag.id')
      .execute()
    expect(rows).toEqual([
      {
        digest: digestOf(first),
        live_name: null,
        lifetime_start_ms: now - 1000,
        lifetime_end_ms: now,
      },
      {
        digest: digestOf(second),
        live_name: 'latest',
        lifetime_start_ms: now,
        lifetime_end_ms: null,
      },
    ])
  })

  test('of many pushes to one tag at once exactly one is current, and all are history', async () => {
    const images = await Promise.all(Array.from({ length: 8 }, (_, at) => image(`racer ${at}`)))
    await Promise.all(images.map((bytes) => push(bytes, 'race')))
    const rows = await database.db.selectFrom('tag').select('live_name').execute()
    expect(rows).toHaveLength(8)
    expect(rows.filter(({ live_name }) => live_name === 'race')).toHaveLength(1)
  })

  test('a tag whose time has run out is gone and can be set again', async () => {
    await push(await image('short'), 'short')
    await database.db
      .updateTable('tag')
      .set({ lifetime_end_ms: now + 1 })
      .execute()
    now += 10
    await expect(byTag('short')).rejects.toThrow(problem('tag-expired'))
    const again = await image('again')
    await push(again, 'short')
    expect((await byTag('short')).digest).toBe(digestOf(again))
  })

  test('an immutable tag refuses to move and to go, and nothing else goes with it', async () => {
    const bytes = await image('fixed')
    await push(bytes, 'fixed')
    await push(bytes, 'other')
    await database.db.updateTable('tag').set({ immutable: 1 }).where('name', '=', 'fixed').execute()
    const moving = push(await image('intruder'), 'fixed')
    await expect(moving).rejects.toThrow(problem('tag-immutable'))
    await expect(remove(bytes)).rejects.toThrow(problem('tag-immutable'))
    expect((await byTag('other')).digest).toBe(digestOf(bytes))
  })

  test('names are listed in the order of their bytes, whatever the language of the database', async () => {
    const bytes = await image('named')
    for (const tag of ['b', 'A', 'a', '_', '1.10', '1.2', 'B']) await push(bytes, tag)
    const tags = createTagService({ database, clock })
    const sorted = ['1.10', '1.2', 'A', 'B', '_', 'a', 'b']
    expect(await tags.listNames(repositoryId, '', 100)).toEqual(sorted)
    expect(await tags.listNames(repositoryId, 'A', 2)).toEqual(['B', '_'])
  })

  test('content that is not here is refused unless sparse manifests are taken', async () => {
    const bytes = index([Buffer.from('never pushed')])
    const pushed = push(bytes, 'sparse', mediaTypes.ociIndex)
    await expect(pushed).rejects.toThrow(problem('manifest-child-unknown'))
    const reference = { kind: 'tag', tag: parseTagName('sparse') } as const
    const contentType = mediaTypes.ociIndex
    await service(true).push({
      repositoryId,
      reference,
      tags: [],
      contentType,
      bytes,
      record: nothing,
    })
    expect((await byTag('sparse')).digest).toBe(digestOf(bytes))
  })

  test('a blob stays as long as a manifest refers to it, and else for an hour', async () => {
    const bytes = await image('kept')
    await push(bytes, 'kept')
    const loose = await blob('loose')
    now += hour + 1
    const blobs = blobStore(database.db)
    const layer = await blobs.findVisible(repositoryId, digestOf(Buffer.from('layer of kept')), now)
    expect(layer?.size_bytes).toBe(13)
    expect(await blobs.findVisible(repositoryId, loose.digest, now)).toBeUndefined()
    expect(await blobs.findVisible(repositoryId + 1, loose.digest, now)).toBeUndefined()
  })

  test('referrers come in pages, filtered by type', async () => {
    const subject = await image('subject')
    await push(subject, 'subject')
    const descriptor = {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(subject),
      size: subject.length,
    }
    const made: Digest[] = []
    for (const at of [1, 2, 3]) {
      const artifactType = at === 2 ? 'application/other' : 'application/sbom'
      const bytes = await image(`referrer ${at}`, { subject: descriptor, artifactType })
      await push(bytes)
      made.push(digestOf(bytes))
    }
    const referrers = createReferrerService({ database, clock })
    const query = { repositoryId, subject: descriptor.digest, artifactType: undefined }
    const first = await referrers.list({ ...query, after: '', limit: 2 })
    const second = await referrers.list({ ...query, after: first.after ?? '', limit: 2 })
    const seen = [...first.manifests, ...second.manifests].map(({ digest }) => digest)
    expect(seen).toEqual(made.toSorted())
    expect(second.after).toBeUndefined()
    const filtered = { ...query, artifactType: 'application/other', after: '', limit: 9 }
    expect((await referrers.list(filtered)).manifests).toHaveLength(1)
  })
})
