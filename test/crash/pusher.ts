import { Readable } from 'node:stream'
import {
  createArtifact,
  createIndex,
  createJson,
  descriptorOf,
  digestOf,
  mediaTypes,
  randomBytesOf,
  type Content,
  type Image,
} from '../support/content.ts'
import { expectStatus, type RegistryClient } from '../support/registry-client.ts'
import type { Ledger, PendingUpload } from './ledger.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface PusherOptions {
  readonly client: RegistryClient
  readonly ledger: Ledger
  readonly random: SeededRandom
  /** Distinguishes the tags of this pusher, so that each tag has one author. */
  readonly name: string
  readonly repositories: readonly string[]
  /** Uploads that were left behind and that this pusher may carry on. */
  readonly inherited: readonly PendingUpload[]
}

const artifactType = 'application/vnd.example.signature'

/** One client of many: does one thing after the other, and notes every yes of the server. */
export function createPusher(options: PusherOptions) {
  const { client, ledger, random, name, repositories } = options
  const inherited = [...options.inherited]
  const tagNames = ['latest', 'stable', 'next'].map((tag) => `${name}-${tag}`)

  const steps: readonly { readonly weight: number; run(): Promise<void> }[] = [
    { weight: 6, run: pushTaggedImage },
    { weight: 2, run: pushIndex },
    { weight: 2, run: pushReferrer },
    { weight: 2, run: mountBlob },
    { weight: 2, run: leaveUploadUnfinished },
    { weight: 3, run: continueUpload },
    { weight: 1, run: deleteTag },
  ]
  const totalWeight = steps.reduce((sum, { weight }) => sum + weight, 0)

  return {
    async step(): Promise<void> {
      let at = random.below(totalWeight)
      const step = steps.find(({ weight }) => (at -= weight) < 0)
      await step?.run()
    },
  }

  function repository(): string {
    return random.pick(repositories) ?? name
  }

  async function pushTaggedImage(): Promise<void> {
    const target = repository()
    const image = await pushBlobsOfImage(target)
    const tag = random.chance(0.5) ? random.name() : (random.pick(tagNames) ?? name)
    await putTagged(target, tag.startsWith(name) ? tag : `${name}-${tag}`, image.manifest)
  }

  async function pushIndex(): Promise<void> {
    const target = repository()
    const children = [await pushBlobsOfImage(target), await pushBlobsOfImage(target)]
    for (const { manifest } of children) await putByDigest(target, manifest)
    await putTagged(target, `${name}-index`, createIndex(children))
  }

  async function pushReferrer(): Promise<void> {
    const target = repository()
    const { manifest: subject } = await pushBlobsOfImage(target)
    await putByDigest(target, subject)
    const artifact = createArtifact({
      artifactType,
      subject,
      annotations: { 'example.name': random.name() },
    })
    for (const blob of artifact.blobs) await pushBlob(target, blob)
    await putByDigest(target, artifact.manifest)
    ledger.referrerAcknowledged(target, subject.digest, artifact.manifest.digest)
  }

  async function mountBlob(): Promise<void> {
    const [from, to] = [repository(), repository()]
    const blob = random.pick(ledger.blobsOf(from))
    if (blob === undefined || from === to) return
    const answer = await client.mountBlob(to, blob.digest, from)
    expectStatus(answer, 201, `mounting ${blob.digest} from ${from}`)
    ledger.blobs.set(`${to} ${blob.digest}`, { ...blob, repository: to })
  }

  async function leaveUploadUnfinished(): Promise<void> {
    const content = randomContent()
    const target = repository()
    const location = await client.startUpload(target)
    const upload = ledger.uploadStarted(target, content, location)
    // `Range: 0-0` stands for no byte and for one: never leave it at one.
    const end = random.below(content.bytes.length + 1)
    await appendTo(upload, end === 1 ? 0 : end)
  }

  async function continueUpload(): Promise<void> {
    const upload = inherited.pop()
    if (upload === undefined) return
    await appendTo(upload, upload.content.bytes.length)
    upload.finishing = true
    await client.finishUpload(upload.location, upload.content.digest)
    ledger.uploads.delete(upload)
    ledger.blobAcknowledged(upload.repository, upload.content)
  }

  async function deleteTag(): Promise<void> {
    const mine = [...ledger.tags.values()].filter(
      (tag) => tag.name.startsWith(`${name}-`) && tag.certain !== undefined,
    )
    const tag = random.pick(mine)
    if (tag === undefined) return
    const acknowledge = ledger.tagChanging(tag.repository, tag.name, undefined)
    const answer = await client.deleteManifest(tag.repository, tag.name)
    expectStatus(answer, 202, `deleting ${tag.repository}:${tag.name}`)
    acknowledge()
  }

  async function appendTo(upload: PendingUpload, end: number): Promise<void> {
    while (upload.acknowledgedBytes < end) {
      const start = upload.acknowledgedBytes
      const stop = Math.min(end, start + random.between(2, 512 * 1024))
      upload.offeredBytes = stop
      const chunk = upload.content.bytes.subarray(start, stop)
      const range = { 'content-range': `${start}-${stop - 1}` }
      upload.location = await client.appendToUpload(upload.location, chunk, range)
      upload.acknowledgedBytes = stop
    }
  }

  async function pushBlobsOfImage(target: string): Promise<Image> {
    const layers = Array.from({ length: random.between(1, 4) }, randomContent)
    const config = createJson({ os: 'linux', by: random.name() }, mediaTypes.ociConfig)
    for (const blob of [...layers, config]) await pushBlob(target, blob)
    const manifest = createJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: descriptorOf(config),
        layers: layers.map((layer) => descriptorOf(layer)),
      },
      mediaTypes.ociManifest,
    )
    return { manifest, blobs: [...layers, config] }
  }

  async function pushBlob(target: string, blob: Content): Promise<void> {
    const ways = [
      () => client.pushBlob(target, blob),
      () => client.pushBlobInOnePost(target, blob),
      () => client.pushBlobInChunks(target, blob, random.between(20_000, 1_000_000)),
      () => client.pushBlobAsStream(target, blob.digest, () => Readable.from(pieces(blob.bytes))),
    ]
    await random.pick(ways)?.()
    ledger.blobAcknowledged(target, blob)
  }

  async function putTagged(target: string, tag: string, manifest: Content): Promise<void> {
    ledger.manifestOffered(manifest)
    const acknowledge = ledger.tagChanging(target, tag, manifest.digest)
    await client.putManifest(target, tag, manifest)
    acknowledge()
  }

  async function putByDigest(target: string, manifest: Content): Promise<void> {
    ledger.manifestOffered(manifest)
    await client.putManifest(target, manifest.digest, manifest)
    ledger.manifestHeld(target, manifest)
  }

  function randomContent(): Content {
    const sizes = [0, random.between(2, 2000), random.between(2000, 200_000)]
    if (random.chance(0.2)) sizes.push(random.between(1_000_000, 3_000_000))
    const bytes = randomBytesOf(random.name(), random.pick(sizes) ?? 0)
    const digest = digestOf(bytes, random.chance(0.1) ? 'sha512' : 'sha256')
    return { bytes, digest, mediaType: mediaTypes.ociLayer }
  }
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000)
}
