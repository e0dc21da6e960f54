import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import type { Database } from '../../db/open.ts'
import { startStopwatch } from '../../platform/stopwatch.ts'
import type { Digest } from '../../storage/digest.ts'
import { openDiskStorage } from '../../storage/disk-storage.ts'
import type { UpstreamDescriptor } from '../../upstream/upstream.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { blobOf, createGcWorld, digestOf, type Blob, type Manifest } from '../gc/gc-world-suite.ts'
import { mediaTypes } from '../manifests/manifest-media-types.ts'
import { createManifestPush } from '../manifests/manifest-push-service.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { quotaFor } from '../quota/quota-suite.ts'
import { tagRulesFor } from '../tags/tag-rules-suite.ts'
import { createBlobFetches } from './blob-fetch-service.ts'
import { createCopier } from './copy-service.ts'
import type { CopySource } from './copy.ts'

export const never = new AbortController().signal
export const linkLifeMs = 60_000
export const indexLimits = { sizeBytes: 1 << 20, entries: 1_000 }

export type CopyingWorld = Awaited<ReturnType<typeof createCopyingWorld>>

/** The registry's services with what copies content into them. */
export async function createCopyingWorld(
  database: Database,
  { acceptsSparse = false, maximumLayerBytes = 64 << 20 } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-copying-'))
  const world = await createGcWorld(database, folder)
  const { storage, clock, random, db } = world
  const parts = { database, storage, clock, random, maximumLayerBytes, linkLifeMs }
  const fetches = createBlobFetches(parts)
  const namespace = await world.namespace('acme', 0)
  const opened: (() => Promise<void>)[] = []

  const push = createManifestPush({
    ...{ database, storage, clock, random, acceptsSparse, holdMs: linkLifeMs },
    tagChanges: world.tagChanges,
    tagPolicies: tagRulesFor(database).tagPolicies,
    quota: quotaFor(clock),
    acceptsOci: true,
  })

  return {
    ...world,
    fetches,
    copier: createCopier({
      ...{ database, storage, clock, fetches, acceptsSparse, push, indexLimits },
      holdMs: linkLifeMs,
      elapsed: startStopwatch(),
    }),

    /** What a tag points at. */
    tagged: async (repositoryId: number, tag: string) =>
      (await manifestStore(db).findByTag(repositoryId, tag, world.now()))?.digest,

    has: async (repositoryId: number, { digest, bytes }: Blob) => {
      const row = await manifestStore(db).findByDigest(repositoryId, digest)
      return row !== undefined && (await manifestStore(db).readContent(digest))?.equals(bytes)
    },
    repositoryId: (await world.repository(namespace, 'web')).id,
    otherId: (await world.repository(namespace, 'other')).id,

    addRepository: async (name: string) => (await world.repository(namespace, name)).id,

    /** The same data, as a process finds them that starts anew. */
    async restarted() {
      const disk = await openDiskStorage({ path: folder, clock, logger: world.log })
      const fetches = createBlobFetches({ ...parts, storage: disk })
      opened.push(() => disk.close())
      return { disk, fetches }
    },

    rowOf: (digest: Digest) => blobStore(db).find(digest),
    rememberedFetches: () => db.selectFrom('blobfetch').selectAll().execute(),

    async close() {
      await fetches.close()
      for (const close of opened) await close()
      await world.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Streams that a test fills by hand, and what they were asked for. */
export function heldSource() {
  const streams: PassThrough[] = []
  const asked: number[] = []
  return {
    asked,
    /** The stream that was opened last, once there are as many. */
    stream: (count = 1) => (streams.length >= count ? streams[count - 1] : undefined),
    open: (from: number): Readable => {
      asked.push(from)
      const stream = new PassThrough({ highWaterMark: 1 << 20 })
      streams.push(stream)
      return stream
    },
  }
}

/** Another registry in memory, and how often it was asked for what. */
export function createFakeUpstream() {
  const manifests = new Map<string, Manifest>()
  const blobs = new Map<string, Buffer>()
  const tags = new Map<string, Digest>()
  const asked: string[] = []
  const find = (reference: string) => manifests.get(tags.get(reference) ?? reference)

  const source: CopySource = {
    headManifest: async (reference) => {
      asked.push(`HEAD ${reference}`)
      const found = find(reference)
      return found && { digest: found.digest, mediaType: found.mediaType }
    },
    getManifest: async (reference) => {
      asked.push(`GET ${reference}`)
      const found = find(reference)
      if (!found) throw new Error(`no manifest ${reference}`)
      return { bytes: found.bytes, mediaType: found.mediaType, digest: found.digest }
    },
    listReferrers: async (digest) => {
      asked.push(`REFERRERS ${digest}`)
      return [...manifests.values()]
        .filter(({ subject }) => subject === digest)
        .map(({ digest, mediaType, bytes }): UpstreamDescriptor => ({
          ...{ digest, mediaType },
          size: bytes.length,
        }))
    },
    openBlob: (digest, { from }) => {
      asked.push(`BLOB ${digest}`)
      const bytes = blobs.get(digest)
      if (!bytes) throw new Error(`no blob ${digest}`)
      return Readable.from([Buffer.from(bytes.subarray(from))])
    },
  }

  return {
    source,
    asked,
    put(manifest: Manifest, content: readonly Blob[] = [], tag?: string): Manifest {
      manifests.set(manifest.digest, manifest)
      for (const { digest, bytes } of content) blobs.set(digest, bytes)
      if (tag !== undefined) tags.set(tag, manifest.digest)
      return manifest
    },
    forget: (digest: Digest) => {
      manifests.delete(digest)
      blobs.delete(digest)
    },
  }
}

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** An image that says for which platform it is, as real ones do. */
export function imageFor(platform: Platform, text: string) {
  const config = blobOf(JSON.stringify({ ...platform, made: text }))
  const layer = blobOf(`layer of ${text}`)
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: config.digest,
        size: config.bytes.length,
      },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: layer.digest,
          size: layer.bytes.length,
        },
      ],
    }),
  )
  const manifest: Manifest = {
    ...{ bytes, digest: digestOf(bytes), mediaType: mediaTypes.ociManifest },
    ...{ blobs: [config.digest, layer.digest], children: [], subject: undefined },
  }
  return { manifest, blobs: [config, layer], platform }
}

export function indexOf(
  entries: readonly {
    manifest: Manifest
    platform?: Platform
    annotations?: Readonly<Record<string, string>>
  }[],
): Manifest {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: entries.map(({ manifest: { mediaType, digest, bytes }, ...entry }) => ({
        ...{ mediaType, digest, size: bytes.length },
        ...entry,
      })),
    }),
  )
  const children = entries.map(({ manifest }) => manifest.digest)
  const mediaType = mediaTypes.ociIndex
  return { bytes, digest: digestOf(bytes), mediaType, blobs: [], children, subject: undefined }
}
