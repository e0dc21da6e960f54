import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { isSigned } from './object-store-signature.ts'

export interface ObjectStore extends AsyncDisposable {
  readonly endpoint: string
  readonly port: number
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
  /** What clients of S3 look for in their environment. */
  readonly env: Readonly<Record<string, string>>
  keys(): readonly string[]
  object(key: string): Buffer | undefined
  put(key: string, bytes: Buffer): void
  /** Loses all objects. */
  clear(): void
  /** Multipart uploads that were begun and not ended. */
  transfers(): number
  /** Requests so far, as `PUT key`. */
  readonly requests: readonly string[]
  /** Decides about each request before it is served; may answer, cut or delay it. */
  intercept: Interceptor | undefined
  /** No answers, no connections, until `come`. */
  go(): Promise<void>
  come(): Promise<void>
}

export interface Call {
  readonly method: string
  readonly key: string
  readonly query: URLSearchParams
  readonly res: ServerResponse
}

/** `cut` breaks the answer off after so many bytes; `done` when it has answered itself. */
export type Interceptor = (
  call: Call,
) =>
  | { readonly cut: number }
  | 'done'
  | undefined
  | Promise<{ readonly cut: number } | 'done' | undefined>

interface Transfer {
  readonly key: string
  readonly begun: Date
  readonly parts: Map<number, Buffer>
}

const bucket = 'registry'
const region = 'us-east-1'
const accessKey = 'test-access-key'
const secretKey = 'test-secret-key'
const smallestPart = 5 * 1024 * 1024
const pageSize = 50

/**
 * An S3 service with one bucket in memory. It verifies signatures and the digests of what it is sent,
 * shows an object when it is whole, and insists on the rules for parts, as the real one does.
 */
export async function startObjectStore(tls?: {
  readonly cert: string
  readonly key: string
}): Promise<ObjectStore> {
  const objects = new Map<string, Buffer>()
  const transfers = new Map<string, Transfer>()
  const requests: string[] = []

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://s3')
    const [, name, ...rest] = url.pathname.split('/').map(decodeURIComponent)
    const key = rest.join('/')
    const query = url.searchParams
    const method = req.method ?? ''
    requests.push(`${method} ${key}`)
    const body = await buffer(req)
    const wish = await store.intercept?.({ method, key, query, res })
    if (wish === 'done') return
    const refusal = isSigned(req, body, { accessKey, secretKey, region })
    if (refusal !== undefined) {
      fail(res, 403, refusal)
    } else if (name !== bucket) {
      fail(res, 404, 'NoSuchBucket')
    } else if (key === '') {
      serveBucket(method, query, body, res)
    } else {
      serveObject({ method, key, query, res }, body, req.headers.range, wish?.cut)
    }
  }

  function serveBucket(
    method: string,
    query: URLSearchParams,
    body: Buffer,
    res: ServerResponse,
  ): void {
    if (method === 'HEAD') {
      res.end()
    } else if (method === 'POST' && query.has('delete')) {
      for (const [, doomed = ''] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) {
        objects.delete(doomed)
      }
      xml(res, '<DeleteResult/>')
    } else {
      xml(res, query.has('uploads') ? listTransfers(query) : listObjects(query))
    }
  }

  function serveObject(
    { method, key, query, res }: Call,
    body: Buffer,
    range: string | undefined,
    cut: number | undefined,
  ): void {
    const id = query.get('uploadId')
    if (id !== null || query.has('uploads')) {
      serveTransfer(method, key, id ?? '', query, body, res)
    } else if (method === 'PUT') {
      objects.set(key, body)
      res.setHeader('ETag', etag(body))
      res.end()
    } else if (method === 'DELETE') {
      objects.delete(key)
      res.statusCode = 204
      res.end()
    } else {
      sendObject(method, key, range, cut, res)
    }
  }

  function sendObject(
    method: string,
    key: string,
    range: string | undefined,
    cut: number | undefined,
    res: ServerResponse,
  ): void {
    const found = objects.get(key)
    if (found === undefined) {
      fail(res, 404, 'NoSuchKey')
      return
    }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
    const part =
      from === undefined
        ? found
        : found.subarray(Number(from), Math.min(Number(to) + 1, found.length))
    res.statusCode = from === undefined ? 200 : 206
    res.setHeader('Content-Length', part.length)
    res.setHeader('ETag', etag(found))
    if (method === 'HEAD') res.end()
    else if (cut === undefined) res.end(part)
    else {
      res.write(part.subarray(0, cut), () => {
        res.socket?.destroy()
      })
    }
  }

  function serveTransfer(
    method: string,
    key: string,
    id: string,
    query: URLSearchParams,
    body: Buffer,
    res: ServerResponse,
  ): void {
    if (method === 'POST' && query.has('uploads')) {
      const begun = randomUUID()
      transfers.set(begun, { key, begun: new Date(Date.now()), parts: new Map() })
      const text = `<UploadId>${begun}</UploadId><Bucket>${bucket}</Bucket><Key>${key}</Key>`
      xml(res, `<InitiateMultipartUploadResult>${text}</InitiateMultipartUploadResult>`)
      return
    }
    const transfer = transfers.get(id)
    if (transfer?.key !== key) {
      fail(res, 404, 'NoSuchUpload')
    } else if (method === 'PUT') {
      transfer.parts.set(Number(query.get('partNumber')), body)
      res.setHeader('ETag', etag(body))
      res.end()
    } else if (method === 'DELETE') {
      transfers.delete(id)
      res.statusCode = 204
      res.end()
    } else {
      complete(id, transfer, body, res)
    }
  }

  function complete(id: string, transfer: Transfer, body: Buffer, res: ServerResponse): void {
    const named = [...body.toString().matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
      tag: /<ETag>(.*?)<\/ETag>/.exec(part)?.[1]?.replaceAll('&quot;', '"'),
    }))
    const parts = named.map(({ number, tag }) => {
      const part = transfer.parts.get(number)
      return part !== undefined && etag(part) === tag ? part : undefined
    })
    if (parts.length === 0 || parts.includes(undefined)) {
      fail(res, 400, 'InvalidPart')
      return
    }
    const whole = parts.filter((part) => part !== undefined)
    if (whole.slice(0, -1).some((part) => part.length < smallestPart)) {
      fail(res, 400, 'EntityTooSmall')
      return
    }
    objects.set(transfer.key, Buffer.concat(whole))
    transfers.delete(id)
    xml(
      res,
      `<CompleteMultipartUploadResult><Key>${transfer.key}</Key><ETag>"whole"</ETag></CompleteMultipartUploadResult>`,
    )
  }

  function listTransfers(query: URLSearchParams): string {
    const after = query.get('upload-id-marker') ?? ''
    const all = [...transfers]
      .filter(([id, { key }]) => key.startsWith(query.get('prefix') ?? '') && id > after)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const page = all.slice(0, pageSize)
    const entries = page.map(
      ([id, { key, begun }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
    )
    const [id = '', last] = page.at(-1) ?? []
    const next =
      all.length > page.length
        ? `<IsTruncated>true</IsTruncated><NextKeyMarker>${last?.key ?? ''}</NextKeyMarker><NextUploadIdMarker>${id}</NextUploadIdMarker>`
        : '<IsTruncated>false</IsTruncated>'
    return `<ListMultipartUploadsResult>${next}${entries.join('')}</ListMultipartUploadsResult>`
  }

  function listObjects(query: URLSearchParams): string {
    const after = query.get('continuation-token') ?? ''
    const names = [...objects.keys()]
      .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
      .sort()
    const page = names.slice(0, Number(query.get('max-keys') ?? pageSize))
    const entries = page.map(
      (key) =>
        `<Contents><Key>${key}</Key><Size>${String(objects.get(key)?.length ?? 0)}</Size></Contents>`,
    )
    const isCut = names.length > page.length
    const next = isCut ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>` : ''
    return `<ListBucketResult><IsTruncated>${String(isCut)}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`
  }

  const listener = (req: IncomingMessage, res: ServerResponse) => {
    serve(req, res).catch(() => res.destroy())
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  const listen = (wanted: number) =>
    new Promise<void>((resolve) => {
      server.listen(wanted, '127.0.0.1', () => {
        resolve()
      })
    })
  const go = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const endpoint = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`
  const store: ObjectStore = {
    ...{ endpoint, port, bucket, accessKey, secretKey, requests },
    env: {
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_ENDPOINT_URL: endpoint,
    },
    intercept: undefined,
    keys: () => [...objects.keys()].sort(),
    object: (key) => objects.get(key),
    put: (key, bytes) => void objects.set(key, bytes),
    clear: () => {
      objects.clear()
    },
    transfers: () => transfers.size,
    go,
    come: async () => {
      if (!server.listening) await listen(port)
    },
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await go()
    },
  }
  return store
}

const etag = (content: Buffer) => `"${createHash('md5').update(content).digest('hex')}"`

function xml(res: ServerResponse, text: string): void {
  res.setHeader('Content-Type', 'application/xml')
  res.end(`<?xml version="1.0"?>${text}`)
}

function fail(res: ServerResponse, status: number, code: string): void {
  res.statusCode = status
  xml(res, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`)
}
