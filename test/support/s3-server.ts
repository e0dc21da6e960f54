import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string
  readonly bucket: string
  /** What clients of S3 look for in their environment. */
  readonly env: Readonly<Record<string, string>>
  /** The names of what is stored. */
  keys(): readonly string[]
}

const pageSize = 50

/**
 * An S3 server that keeps one bucket in memory: the calls that a backup makes, multipart uploads and
 * pages of lists included. It looks at no signature.
 */
export async function startS3Server(): Promise<S3Server> {
  const bucket = 'backups'
  const objects = new Map<string, Buffer>()
  const uploads = new Map<string, Map<number, Buffer>>()
  let lastUpload = 0

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://s3')
    const [, name, ...rest] = url.pathname.split('/').map(decodeURIComponent)
    const key = rest.join('/')
    const query = url.searchParams
    const body = await buffer(req)
    if (name !== bucket) {
      fail(res, 404, 'NoSuchBucket')
      return
    }
    if (key === '' && req.method === 'HEAD') return void res.end()
    if (key === '' && req.method === 'GET') {
      xml(res, list(query))
      return
    }
    if (key === '' && req.method === 'POST') {
      for (const [, doomed = ''] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) {
        objects.delete(doomed)
      }
      xml(res, '<DeleteResult/>')
      return
    }
    const upload = query.get('uploadId')
    if (req.method === 'POST' && query.has('uploads')) {
      const id = String(++lastUpload)
      uploads.set(id, new Map())
      const text = `<UploadId>${id}</UploadId><Bucket>${bucket}</Bucket><Key>${key}</Key>`
      xml(res, `<InitiateMultipartUploadResult>${text}</InitiateMultipartUploadResult>`)
      return
    }
    if (req.method === 'PUT') {
      const content = unwrapped(body, req)
      if (upload === null) objects.set(key, content)
      else uploads.get(upload)?.set(Number(query.get('partNumber')), content)
      res.setHeader('ETag', `"${createHash('md5').update(content).digest('hex')}"`)
      return void res.end()
    }
    if (req.method === 'POST' && upload !== null) {
      const parts = [...(uploads.get(upload) ?? [])].sort(([a], [b]) => a - b)
      objects.set(key, Buffer.concat(parts.map(([, part]) => part)))
      uploads.delete(upload)
      const result = `<Key>${key}</Key><ETag>"whole"</ETag>`
      xml(res, `<CompleteMultipartUploadResult>${result}</CompleteMultipartUploadResult>`)
      return
    }
    if (req.method === 'DELETE') {
      if (upload === null) objects.delete(key)
      else uploads.delete(upload)
      res.statusCode = 204
      return void res.end()
    }
    const found = objects.get(key)
    if (found === undefined) {
      fail(res, 404, 'NoSuchKey')
      return
    }
    res.setHeader('Content-Length', found.length)
    res.end(req.method === 'HEAD' ? undefined : found)
  }

  function list(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? ''
    const after = query.get('continuation-token') ?? ''
    const names = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
    const page = names.slice(0, pageSize)
    const entries = page.map(
      (key) =>
        `<Contents><Key>${key}</Key><Size>${String(objects.get(key)?.length ?? 0)}</Size></Contents>`,
    )
    const isCut = names.length > page.length
    const next = isCut ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>` : ''
    return `<ListBucketResult><IsTruncated>${String(isCut)}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`
  }

  const server = createServer((req, res) => {
    serve(req, res).catch(() => res.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const endpoint = `http://127.0.0.1:${String(port)}`
  return {
    endpoint,
    bucket,
    env: { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL: endpoint },
    keys: () => [...objects.keys()].sort(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Streams of unknown length come in signed chunks: a line with the length, then that many bytes. */
function unwrapped(body: Buffer, { headers }: IncomingMessage): Buffer {
  if (!String(headers['x-amz-content-sha256']).startsWith('STREAMING')) return body
  const pieces: Buffer[] = []
  for (let at = 0; ;) {
    const end = body.indexOf('\r\n', at)
    const length = parseInt(body.subarray(at, end).toString(), 16)
    if (length === 0) return Buffer.concat(pieces)
    pieces.push(body.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}

function xml(res: ServerResponse, text: string): void {
  res.setHeader('Content-Type', 'application/xml')
  res.end(`<?xml version="1.0"?>${text}`)
}

function fail(res: ServerResponse, status: number, code: string): void {
  res.statusCode = status
  xml(res, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`)
}
