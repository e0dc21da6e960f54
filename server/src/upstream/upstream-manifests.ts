import { createHash } from 'node:crypto'
import {
  digestAlgorithm,
  isDigest,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from '../storage/digest.ts'
import { TooLong } from './exchange.ts'
import type { Reply, Session } from './session.ts'
import { describeAsked } from './transport-fault.ts'
import { UpstreamFault } from './upstream-fault.ts'
import type { UpstreamManifest, UpstreamManifestHead } from './upstream.ts'
import { repositoryUrl } from './upstream-target.ts'

const ociManifestType = 'application/vnd.oci.image.manifest.v1+json'
const ociIndexType = 'application/vnd.oci.image.index.v1+json'
const schema1Type = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

const accept = [
  ociManifestType,
  ociIndexType,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  schema1Type,
  'application/vnd.docker.distribution.manifest.v1+json',
  // Artifacts may be of any type.
  '*/*;q=0.1',
].join(', ')

const mostBytes = 4 * 1024 * 1024

export async function headManifest(
  session: Session,
  reference: string,
  signal: AbortSignal,
): Promise<UpstreamManifestHead | undefined> {
  const url = repositoryUrl(session.target, 'manifests', reference)
  return session.ask({
    ...{ method: 'HEAD', url, headers: { accept }, signal },
    async read(reply) {
      reply.discard()
      if (reply.status === 404) return undefined
      requireFine(reply)
      const digest = reply.header('docker-content-digest') ?? ''
      const length = reply.header('content-length') ?? ''
      return {
        mediaType: mediaTypeOf(reply),
        ...(isDigest(digest) && { digest }),
        ...(/^\d{1,15}$/.test(length) && { sizeBytes: Number(length) }),
      }
    },
  })
}

/** @returns undefined when there is no such manifest. */
export async function findManifest(
  session: Session,
  reference: string,
  signal: AbortSignal,
): Promise<UpstreamManifest | undefined> {
  const url = repositoryUrl(session.target, 'manifests', reference)
  return session.ask({
    ...{ method: 'GET', url, headers: { accept }, signal },
    async read(reply) {
      if (reply.status === 404) {
        reply.discard()
        return undefined
      }
      requireFine(reply)
      const bytes = await readManifest(reply)
      const digest = verifiedDigest(reply, bytes, isDigest(reference) ? reference : undefined)
      const mediaType = mediaTypeOf(reply)
      return { bytes, digest, mediaType: isManifestType(mediaType) ? mediaType : typeIn(bytes) }
    },
  })
}

export async function getManifest(
  session: Session,
  reference: string,
  signal: AbortSignal,
): Promise<UpstreamManifest> {
  const found = await findManifest(session, reference, signal)
  if (found !== undefined) return found
  const asked = describeAsked('GET', repositoryUrl(session.target, 'manifests', reference))
  const reason = 'there is no such manifest'
  throw new UpstreamFault('not_found', { ...asked, status: 404, reason })
}

async function readManifest(reply: Reply): Promise<Buffer> {
  try {
    return await reply.whole(mostBytes)
  } catch (error) {
    if (!(error instanceof TooLong)) throw error
    throw reply.fault('manifest_invalid', `the manifest has ${error.message}`)
  }
}

function requireFine(reply: Reply): void {
  if (reply.status === 200) return
  reply.discard()
  throw reply.fault('unknown_error', `it was answered ${reply.status}`)
}

function verifiedDigest(reply: Reply, bytes: Buffer, wanted: Digest | undefined): Digest {
  const told = reply.header('docker-content-digest') ?? ''
  for (const digest of [wanted, isDigest(told) ? told : undefined]) {
    if (digest !== undefined && digestOf(bytes, digestAlgorithm(digest)) !== digest) {
      throw reply.fault('manifest_invalid', `the bytes of the manifest are not those of ${digest}`)
    }
  }
  if (wanted !== undefined) return wanted
  return isDigest(told) ? told : digestOf(bytes, 'sha256')
}

function digestOf(bytes: Buffer, algorithm: DigestAlgorithm): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)
}

function mediaTypeOf(reply: Reply): string {
  return (reply.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** What file servers and careless proxies say tells nothing. */
function isManifestType(mediaType: string): boolean {
  return (
    mediaType.includes('/') && !/^(?:text\/|application\/(?:json|octet-stream)$)/.test(mediaType)
  )
}

function typeIn(bytes: Buffer): string {
  try {
    const manifest = JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>> | null
    if (typeof manifest?.['mediaType'] === 'string') return manifest['mediaType']
    if (Array.isArray(manifest?.['manifests'])) return ociIndexType
    if (manifest?.['schemaVersion'] === 1) return schema1Type
    return ociManifestType
  } catch {
    return ''
  }
}
