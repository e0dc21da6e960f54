import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { mediaTypes, type Content, type Descriptor, type Image } from './content.ts'
import type { Headers, RequestOptions, Response } from './http-request.ts'
import { createRegistrySession, type RegistryClientOptions } from './registry-session.ts'

export type RegistryClient = ReturnType<typeof createRegistryClient>

const anyManifest = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
].join(', ')

/**
 * The registry protocol as a client speaks it. Methods named after a transfer (`pushBlob`,
 * `pushImage`, `putManifest`, …) throw unless the registry said yes; those that ask (`getManifest`,
 * `headBlob`, …) hand the answer out whatever it is.
 */
export function createRegistryClient(options: RegistryClientOptions) {
  const session = createRegistrySession(options)
  const request = (method: string, path: string, sent?: RequestOptions) =>
    session.request(method, path, sent)

  async function startUpload(repository: string): Promise<string> {
    const answer = await request('POST', `/v2/${repository}/blobs/uploads/`, {
      headers: { 'content-length': 0 },
    })
    return expectStatus(answer, 202, `starting an upload in ${repository}`).header('location')
  }

  async function appendToUpload(
    location: string,
    body: Uint8Array | (() => Readable),
    headers: Headers = {},
  ): Promise<string> {
    const answer = await request('PATCH', location, {
      headers: { 'content-type': 'application/octet-stream', ...headers },
      body,
    })
    return expectStatus(answer, 202, `sending a piece to ${location}`).header('location')
  }

  async function finishUpload(
    location: string,
    digest: string,
    body: Uint8Array = new Uint8Array(),
  ): Promise<Response> {
    const url = new URL(location, options.baseUrl)
    url.searchParams.set('digest', digest)
    const answer = await request('PUT', url.href, {
      headers: { 'content-type': 'application/octet-stream' },
      body,
    })
    return expectStatus(answer, 201, `finishing the upload of ${digest}`)
  }

  const client = {
    ...session,
    startUpload,
    appendToUpload,
    finishUpload,

    /** POST, then everything in one PUT. */
    async pushBlob(repository: string, { bytes, digest }: Pick<Content, 'bytes' | 'digest'>) {
      await finishUpload(await startUpload(repository), digest, bytes)
    },

    /** Everything in one POST. */
    async pushBlobInOnePost(repository: string, { bytes, digest }: Content) {
      const path = `/v2/${repository}/blobs/uploads/?digest=${encodeURIComponent(digest)}`
      const headers = { 'content-type': 'application/octet-stream' }
      const answer = await request('POST', path, { headers, body: bytes })
      expectStatus(answer, 201, `pushing ${digest} in one request`)
    },

    /** PATCH by PATCH, each with its `Content-Range`. */
    async pushBlobInChunks(repository: string, { bytes, digest }: Content, chunkBytes: number) {
      let location = await startUpload(repository)
      for (let start = 0; start < bytes.length; start += chunkBytes) {
        const chunk = bytes.subarray(start, start + chunkBytes)
        const range = `${start}-${start + chunk.length - 1}`
        location = await appendToUpload(location, chunk, { 'content-range': range })
      }
      await finishUpload(location, digest)
    },

    /** One PATCH of unknown length, as docker and podman push. */
    async pushBlobAsStream(repository: string, digest: string, source: () => Readable) {
      await finishUpload(await appendToUpload(await startUpload(repository), source), digest)
    },

    headBlob: (repository: string, digest: string) =>
      request('HEAD', `/v2/${repository}/blobs/${digest}`),

    getBlob: (repository: string, digest: string, headers: Headers = {}) =>
      request('GET', `/v2/${repository}/blobs/${digest}`, { headers }),

    /** Reads a blob to its end without keeping it. @returns what really arrived. */
    async pullBlob(repository: string, digest: string) {
      const message = await session.open('GET', `/v2/${repository}/blobs/${digest}`)
      const hash = createHash(digest.startsWith('sha512:') ? 'sha512' : 'sha256')
      let sizeBytes = 0
      for await (const piece of message as AsyncIterable<Buffer>) {
        hash.update(piece)
        sizeBytes += piece.length
      }
      if (message.statusCode !== 200) {
        throw new Error(`pulling ${digest}: the answer is ${message.statusCode ?? 0}`)
      }
      const algorithm = digest.slice(0, digest.indexOf(':'))
      return { digest: `${algorithm}:${hash.digest('hex')}`, sizeBytes }
    },

    deleteBlob: (repository: string, digest: string) =>
      request('DELETE', `/v2/${repository}/blobs/${digest}`),

    /** 201 when the blob was found and mounted, 202 when an upload was started instead. */
    mountBlob(repository: string, digest: string, from?: string) {
      const query = new URLSearchParams({ mount: digest, ...(from === undefined ? {} : { from }) })
      return request('POST', `/v2/${repository}/blobs/uploads/?${query.toString()}`, {
        headers: { 'content-length': 0 },
      })
    },

    async putManifest(repository: string, reference: string, manifest: Content): Promise<Response> {
      const answer = await request('PUT', `/v2/${repository}/manifests/${reference}`, {
        headers: { 'content-type': manifest.mediaType },
        body: manifest.bytes,
      })
      return expectStatus(answer, 201, `pushing manifest ${repository}:${reference}`)
    },

    getManifest: (repository: string, reference: string, accept = anyManifest) =>
      request('GET', `/v2/${repository}/manifests/${reference}`, { headers: { accept } }),

    headManifest: (repository: string, reference: string, accept = anyManifest) =>
      request('HEAD', `/v2/${repository}/manifests/${reference}`, { headers: { accept } }),

    deleteManifest: (repository: string, reference: string) =>
      request('DELETE', `/v2/${repository}/manifests/${reference}`),

    /** Blobs first, then the manifest: the order in which a registry may check them. */
    async pushImage(repository: string, reference: string, { manifest, blobs }: Image) {
      for (const blob of blobs) await client.pushBlob(repository, blob)
      await client.putManifest(repository, reference, manifest)
      return manifest.digest
    },

    listTags: (repository: string, query: Readonly<Record<string, string>> = {}) =>
      request('GET', withQuery(`/v2/${repository}/tags/list`, query)),

    listCatalog: (query: Readonly<Record<string, string>> = {}) =>
      request('GET', withQuery('/v2/_catalog', query)),

    async listReferrers(repository: string, digest: string, artifactType?: string) {
      const query = artifactType === undefined ? {} : { artifactType }
      const answer = await request('GET', withQuery(`/v2/${repository}/referrers/${digest}`, query))
      expectStatus(answer, 200, `listing the referrers of ${digest}`)
      return (answer.json() as { manifests: readonly Descriptor[] }).manifests
    },
  }
  return client
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString()
  return text === '' ? path : `${path}?${text}`
}

export function expectStatus(answer: Response, status: number, what: string): Response {
  if (answer.status !== status) {
    throw new Error(`${what}: expected ${status}, got ${answer.status} ${answer.text()}`)
  }
  return answer
}
