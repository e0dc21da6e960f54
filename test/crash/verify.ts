import type { RegistryClient } from '../support/registry-client.ts'
import { expectStatus } from '../support/registry-client.ts'
import { digestOf } from '../support/content.ts'
import type { Ledger, PendingUpload, TagState } from './ledger.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface VerifiedCounts {
  blobs: number
  manifests: number
  uploads: number
}

export interface VerifyOptions {
  readonly client: RegistryClient
  readonly ledger: Ledger
  readonly random: SeededRandom
  /** Share of what was verified before that is looked at again; 1 looks at everything. */
  readonly again: number
}

export type Verifier = ReturnType<typeof createVerifier>

/**
 * Compares what a client sees with the ledger after a restart. Each difference is thrown, because
 * it is a loss or something half done that became visible.
 */
export function createVerifier() {
  const known = { blobs: new Set<string>(), held: new Set<string>(), referrers: 0 }
  /** Manifests all of whose content was seen to be there. */
  const complete = new Set<string>()

  return async ({ client, ledger, random, again }: VerifyOptions): Promise<VerifiedCounts> => {
    const counts: VerifiedCounts = { blobs: 0, manifests: 0, uploads: 0 }
    if (again === 1) complete.clear()
    const isDue = (isKnown: boolean) => !isKnown || random.chance(again)

    for (const [key, blob] of ledger.blobs) {
      if (!isDue(known.blobs.has(key))) continue
      const found = await client.pullBlob(blob.repository, blob.digest)
      if (found.digest !== blob.digest || found.sizeBytes !== blob.sizeBytes) {
        throw new Error(`${key} came back as ${found.digest} with ${found.sizeBytes} bytes`)
      }
      known.blobs.add(key)
      counts.blobs++
    }

    for (const tag of ledger.tags.values()) {
      if (isDue(!tag.unchecked)) await checkTag(tag)
    }
    for (const repository of new Set([...ledger.tags.values()].map((tag) => tag.repository))) {
      await checkTagList(repository)
    }

    for (const [key, { repository, digest }] of ledger.held) {
      if (!isDue(known.held.has(key))) continue
      await checkManifest(repository, digest, digest)
      known.held.add(key)
    }

    for (const [at, { repository, subject, digest }] of ledger.referrers.entries()) {
      if (!isDue(at < known.referrers)) continue
      const listed = await client.listReferrers(repository, subject)
      if (!listed.some((descriptor) => descriptor.digest === digest)) {
        throw new Error(`${digest} is no longer listed as a referrer of ${subject}`)
      }
    }
    known.referrers = ledger.referrers.length

    for (const upload of [...ledger.uploads]) await checkUpload(upload)
    return counts

    async function checkTag(tag: TagState): Promise<void> {
      const { repository, name } = tag
      const answer = await client.getManifest(repository, name)
      const value = answer.status === 404 ? undefined : digestOf(answer.body)
      const allowed = [tag.certain, ...tag.possible]
      if (!(answer.status === 200 || answer.status === 404) || !allowed.includes(value)) {
        throw new Error(
          `${repository}:${name} is ${String(value)} (status ${answer.status}), not one of ${allowed.join(', ')}`,
        )
      }
      tag.certain = value
      tag.possible.length = 0
      tag.unchecked = false
      if (value !== undefined) await checkManifest(repository, name, value)
    }

    async function checkTagList(repository: string): Promise<void> {
      const expected = [...ledger.tags.values()]
        .filter((tag) => tag.repository === repository && tag.certain !== undefined)
        .map((tag) => tag.name)
        .sort()
      const listed: string[] = []
      for (let last: string | undefined = ''; last !== undefined;) {
        const answer = await client.listTags(repository, last === '' ? {} : { n: '100', last })
        if (answer.status === 404 && expected.length === 0) return
        expectStatus(answer, 200, `listing the tags of ${repository}`)
        const { tags } = answer.json() as { tags: string[] }
        listed.push(...tags)
        last = answer.headers.link === undefined ? undefined : tags.at(-1)
      }
      if (listed.join() !== expected.join()) {
        throw new Error(`tags of ${repository}: ${listed.join()} instead of ${expected.join()}`)
      }
    }

    /** The manifest has exactly its bytes, by any reference, and all that it names is there. */
    async function checkManifest(
      repository: string,
      reference: string,
      digest: string,
    ): Promise<void> {
      counts.manifests++
      for (const asked of new Set([reference, digest])) {
        const answer = expectStatus(
          await client.getManifest(repository, asked),
          200,
          `reading manifest ${repository} ${asked}`,
        )
        const offered = ledger.manifestBytes(digest)
        if (offered === undefined || !answer.body.equals(offered)) {
          throw new Error(`manifest ${repository} ${asked} came back with other bytes`)
        }
        if (answer.header('docker-content-digest') !== digest) {
          throw new Error(`manifest ${repository} ${asked} came back with another digest`)
        }
      }
      const key = `${repository} ${digest}`
      if (complete.has(key)) return
      const { config, layers, manifests } = JSON.parse(
        String(ledger.manifestBytes(digest)),
      ) as Partial<Record<'layers' | 'manifests', { digest: string; size: number }[]>> & {
        config?: { digest: string; size: number }
      }
      for (const child of manifests ?? []) {
        await checkManifest(repository, child.digest, child.digest)
      }
      for (const blob of [...(config === undefined ? [] : [config]), ...(layers ?? [])]) {
        const answer = await client.headBlob(repository, blob.digest)
        if (answer.status !== 200 || Number(answer.header('content-length')) !== blob.size) {
          throw new Error(
            `${blob.digest} of manifest ${repository} ${digest}: status ${answer.status}`,
          )
        }
      }
      complete.add(key)
    }

    /** An upload under way is where it was acknowledged to be, or a little further. */
    async function checkUpload(upload: PendingUpload): Promise<void> {
      const answer = await client.request('GET', upload.location)
      if (upload.finishing && answer.status === 404) {
        ledger.uploads.delete(upload)
        return
      }
      expectStatus(answer, 204, `asking for the state of ${upload.location}`)
      const { acknowledgedBytes, offeredBytes } = upload
      const size = Number(/^(?:bytes=)?0-(-?\d+)$/.exec(answer.header('range'))?.[1]) + 1
      // "0-0" says that nothing, or one byte, has arrived.
      const plausible = size === 1 ? [0, 1] : [size]
      const standing = plausible.find(
        (bytes) => bytes >= acknowledgedBytes && bytes <= offeredBytes,
      )
      if (standing === undefined) {
        throw new Error(
          `${upload.location} stands at ${size}; ${acknowledgedBytes} were acknowledged of ${offeredBytes}`,
        )
      }
      upload.acknowledgedBytes = standing
      upload.offeredBytes = standing
      upload.finishing = false
      counts.uploads++
    }
  }
}
