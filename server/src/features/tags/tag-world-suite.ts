import { createHash } from 'node:crypto'

import pino from 'pino'

import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import { createAuditLog, system } from '../audit/audit-log.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { createManifestContent } from '../manifests/manifest-content.ts'
import { mediaTypes } from '../manifests/manifest-media-types.ts'
import { createManifestService } from '../manifests/manifest-service.ts'
import type { BlobReader } from '../manifests/read-config.ts'
import { quotaFor } from '../quota/quota-suite.ts'
import { createTagEditService } from './tag-edit-service.ts'
import { createTagListService } from './tag-list-service.ts'
import { parseTagName } from './tag-name.ts'
import { createTagPurgeService } from './tag-purge-service.ts'
import { tagRulesFor } from './tag-rules-suite.ts'
import { createTagService } from './tag-service.ts'

const hour = 3_600_000
const digestOf = (bytes: Buffer): Digest =>
  parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)

interface Switches {
  immutableTags?: boolean
  immutableTagsCanExpire?: boolean
  resetChildManifestExpiration?: boolean
}

/** One repository of a namespace, with a clock that the test turns. */
export async function createTagWorld(database: Database, switches: Switches = {}) {
  const { db } = database
  let now = 1_000_000_000_000
  const clock = { now: () => now }
  const random = systemRandom
  const contents = new Map<string, Buffer>()
  const storage: BlobReader = {
    open(digest) {
      const bytes = contents.get(digest)
      if (bytes === undefined) return Promise.reject(new Problem('blob-unknown'))
      return Promise.resolve({
        sizeBytes: bytes.length,
        sendTo: async (target, start, end) => void target.write(bytes.subarray(start, end + 1)),
        close: () => Promise.resolve(),
      })
    },
  }
  const user = await db
    .insertInto('user')
    .values({
      ...{ uuid: 'u', username: 'acme', email: null, password_hash: null },
      ...{ removed_tag_expiration_s: 0, created_at: now, last_accessed: null },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const repository = await db
    .insertInto('repository')
    .values({
      ...{ namespace_user_id: user.id, name: 'web', full_name: 'acme/web' },
      ...{ visibility: 'private', description: null, created_at: now },
    })
    .returningAll()
    .executeTakeFirstOrThrow()

  const rules = tagRulesFor(database, switches)
  const { tagChanges, tagPolicies } = rules
  const features = {
    ...{ immutableTags: false, immutableTagsCanExpire: false, changeTagExpiration: true },
    ...switches,
  }
  const timeMachine = {
    permanentlyDeleteTags: true,
    resetChildManifestExpiration: switches.resetChildManifestExpiration ?? false,
    labeledMinimumMs: hour,
    labeledMaximumMs: 1_000 * hour,
  }
  const nobody: readonly string[] = []
  const audit = createAuditLog({
    ...{ db, clock, logger: pino({ level: 'silent' }) },
    config: {
      registryState: 'normal',
      audit: {
        ...{ logins: false, loginFailures: false, pushFailures: false },
        ...{ pullFailures: false, deleteFailures: false },
        ...{ disabledNamespaces: nobody, pullsDisabledNamespaces: nobody },
      },
    },
  })
  const manifests = createManifestService({
    ...{ database, content: createManifestContent(db), storage, clock, random },
    ...{ tagChanges, tagPolicies, quota: quotaFor(clock) },
    ...{ acceptsOci: true, acceptsSparse: false, holdMs: hour },
  })

  async function blob(text: string, mediaType: string) {
    const bytes = Buffer.from(text)
    const digest = digestOf(bytes)
    contents.set(digest, bytes)
    const blobs = blobStore(db)
    const id = await blobs.insert(digest, bytes.length, now)
    await blobs.link(repository.id, id, now, now + hour)
    return { mediaType, digest, size: bytes.length }
  }

  async function push(bytes: Buffer, mediaType: string, tag: string | undefined): Promise<string> {
    const { digest } = await manifests.push({
      repositoryId: repository.id,
      reference:
        tag === undefined
          ? { kind: 'digest', digest: digestOf(bytes) }
          : { kind: 'tag', tag: parseTagName(tag) },
      ...{ tags: [], contentType: mediaType, bytes },
      record: () => Promise.resolve(),
    })
    return digest
  }

  return {
    ...{ ...rules, db, database, clock, repository, manifests, contents },
    change: { repository, namespace: { id: user.id, username: 'acme' }, actor: system },
    lists: createTagListService({ db, clock }),
    edits: createTagEditService({
      ...{ clock, audit, tagChanges, tagPolicies, config: { features, timeMachine } },
    }),
    purges: createTagPurgeService({
      ...{ database, clock, audit, tagChanges },
      immutableTagsCanExpire: features.immutableTagsCanExpire,
    }),
    tags: createTagService({ database, clock }),
    now: () => now,
    advance: (ms: number) => void (now += ms),

    /** Pushes an image with labels; without a tag by its digest. @returns the digest */
    async pushImage(text: string, tag?: string, labels: Readonly<Record<string, string>> = {}) {
      const document = JSON.stringify({ text, config: { Labels: labels } })
      const config = await blob(document, 'application/vnd.oci.image.config.v1+json')
      const layers = [await blob(`layer of ${text}`, 'application/octet-stream')]
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers }))
      return push(bytes, mediaTypes.ociManifest, tag)
    },

    async pushIndex(children: readonly string[], tag: string, annotations: object = {}) {
      const entries = children.map((digest) => ({
        mediaType: mediaTypes.ociManifest,
        digest,
        size: 1,
      }))
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, manifests: entries, annotations }),
      )
      return push(bytes, mediaTypes.ociIndex, tag)
    },

    /** When the tag that carries the name ends. */
    async endOf(name: string): Promise<number | null | undefined> {
      const row = await db
        .selectFrom('tag')
        .select('lifetime_end_ms')
        .where('live_name', '=', name)
        .executeTakeFirst()
      return row?.lifetime_end_ms
    },
  }
}

export type TagWorld = Awaited<ReturnType<typeof createTagWorld>>
