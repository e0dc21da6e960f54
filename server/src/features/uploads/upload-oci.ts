import { parseContentRange } from '../../http/byte-range.ts'
import { send, type Exchange, type ResponseHeaders } from '../../http/exchange.ts'
import { acceptBody, hasBody } from '../../http/request-body.ts'
import { isProblem, Problem } from '../../problem.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import type { BlobService } from '../blobs/blob-service.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { Admission, RegistryGate } from '../tokens/registry-gate.ts'
import type { UploadService } from './upload-service.ts'

export interface PushedBytes {
  add(bytes: number): void
}

/** `/v2/<name>/blobs/uploads/…` (OCI distribution spec, "Pushing blobs"). */
export function uploadOci({
  uploads,
  blobs,
  repositories,
  gate,
  pushedBytes,
}: {
  uploads: UploadService
  blobs: BlobService
  repositories: RepositoryService
  gate: RegistryGate
  pushedBytes: PushedBytes
}) {
  return {
    /** Starts an upload, takes a whole blob at once, or mounts one from another repository. */
    async start(exchange: Exchange, name: string): Promise<void> {
      const admission = await gate.admit(exchange, name, 'push')
      const { repository } = admission
      const mount = exchange.query.get('mount')
      if (mount !== null && (await tryMount(exchange, admission, parseDigest(mount)))) return

      const digestText = exchange.query.get('digest')
      if (digestText !== null) {
        const digest = parseDigest(digestText)
        await uploads.store(repository.id, digest, acceptBody(exchange), exchange.signal)
        pushedBytes.add(Number(exchange.req.headers['content-length'] ?? 0))
        created(exchange, repository, digest)
        return
      }
      const id = await uploads.start(repository.id)
      send(exchange, 202, progress(exchange, repository, id, 0))
    },

    async status(exchange: Exchange, name: string, id: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'push')
      const size = await uploads.size(repository.id, id)
      send(exchange, 204, progress(exchange, repository, id, size))
    },

    async patch(exchange: Exchange, name: string, id: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'push')
      const size = await outOfOrderSafely(exchange, repository, id, () =>
        uploads.append(repository.id, id, acceptBody(exchange), chunkOptions(exchange)),
      )
      if (size !== undefined) send(exchange, 202, progress(exchange, repository, id, size))
    },

    async finish(exchange: Exchange, name: string, id: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'push')
      const digestText = exchange.query.get('digest')
      if (digestText === null) {
        throw new Problem('upload-incomplete', {
          reason: 'Missing digest arg on monolithic upload',
        })
      }
      const digest = parseDigest(digestText)
      const last = hasBody(exchange.req)
        ? { source: acceptBody(exchange), ...chunkOptions(exchange) }
        : undefined
      const done = await outOfOrderSafely(exchange, repository, id, async () => {
        await uploads.finish(repository.id, id, digest, last)
        return true
      })
      if (done === true) {
        pushedBytes.add(Number(exchange.req.headers['content-length'] ?? 0))
        created(exchange, repository, digest)
      }
    },

    async cancel(exchange: Exchange, name: string, id: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'push')
      await uploads.cancel(repository.id, id)
      send(exchange, 204, { 'Docker-Upload-UUID': id })
    },
  }

  /**
   * Mounts when the blob is found where the caller may read: in `from`, or anywhere when no source is
   * named. Whatever stands in the way, the client is simply asked to upload.
   */
  async function tryMount(exchange: Exchange, { caller, repository }: Admission, digest: Digest) {
    for (const source of await mountSources(exchange, digest)) {
      if (!(await gate.mayPull(caller, source))) continue
      if (!(await blobs.mount(digest, source.id, repository.id))) continue
      created(exchange, repository, digest)
      return true
    }
    return false
  }

  async function mountSources(exchange: Exchange, digest: Digest): Promise<RepositoryRow[]> {
    const from = exchange.query.get('from')
    if (from === null) return repositories.listByIds(await blobs.listHolders(digest))
    const source = await repositories.find(gate.parseName(from).fullName)
    return source === undefined ? [] : [source]
  }

  /** A chunk out of order is answered with where to continue; the upload goes on. */
  async function outOfOrderSafely<T>(
    exchange: Exchange,
    repository: RepositoryRow,
    id: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!isProblem(error, 'upload-out-of-order')) throw error
      const size = Number(error.detail['expected'])
      for (const [header, value] of Object.entries(progress(exchange, repository, id, size))) {
        if (value !== undefined) exchange.res.setHeader(header, String(value))
      }
      throw error
    }
  }

  function created(exchange: Exchange, repository: RepositoryRow, digest: Digest): void {
    send(exchange, 201, {
      Location: `${exchange.origin}/v2/${repository.full_name}/blobs/${digest}`,
      'Docker-Content-Digest': digest,
    })
  }
}

/** `Range` is inclusive, so an empty upload reads `0-0` as Docker's registry has always said it. */
function progress(
  { origin }: Exchange,
  repository: RepositoryRow,
  id: string,
  sizeBytes: number,
): ResponseHeaders {
  return {
    Location: `${origin}/v2/${repository.full_name}/blobs/uploads/${id}`,
    Range: `0-${String(Math.max(0, sizeBytes - 1))}`,
    'Docker-Upload-UUID': id,
  }
}

function chunkOptions({ req, signal }: Exchange) {
  const range = parseContentRange(req.headers['content-range'])
  const length = req.headers['content-length']
  if (
    range !== undefined &&
    length !== undefined &&
    Number(length) !== range.end - range.start + 1
  ) {
    throw new Problem('size-mismatch', {
      announced: range.end - range.start + 1,
      length: Number(length),
    })
  }
  return { signal, ...(range === undefined ? {} : { range }) }
}
