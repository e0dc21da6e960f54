import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, expect, it } from 'vitest'
import {
  localClient,
  patient,
  readAll,
  sampleBlob,
  startLocalServer,
  watchedUpstream,
  type LocalServer,
  type Respond,
} from './local-upstream-suite.ts'
import type { UpstreamEvent } from './upstream.ts'

const { bytes, digest } = sampleBlob(1_000_000)
const client = localClient()
const hasty = localClient({ patience: { stallMs: 200 } })
let server: LocalServer | undefined

afterEach(async () => {
  await server?.close()
})
afterAll(() => {
  client.close()
  hasty.close()
})

/** Answers for `/v2/`; the blob comes as the test says. */
async function upstreamThat(respond: Respond, asker = client) {
  server = await startLocalServer((req, res) => {
    if (req.url === '/v2/') res.end('{}')
    else respond(req, res)
  })
  return watchedUpstream(asker, server.host)
}

function wantedRange(range: string | undefined): number | undefined {
  return range === undefined ? undefined : Number(/^bytes=(\d+)-$/.exec(range)?.[1])
}

/** A part of the blob, or all of it, as an honest server sends it, up to `cutAt`. */
function send(
  res: ServerResponse,
  begin: number | undefined,
  {
    cutAt,
    headers = {},
    of = bytes,
  }: {
    cutAt?: number
    headers?: Record<string, string>
    of?: Buffer
  } = {},
): void {
  const start = begin ?? 0
  res.writeHead(begin === undefined ? 200 : 206, {
    'content-length': of.length - start,
    ...(begin !== undefined && {
      'content-range': `bytes ${begin}-${of.length - 1}/${of.length}`,
    }),
    ...headers,
  })
  if (cutAt === undefined) res.end(of.subarray(start))
  else res.write(of.subarray(start, cutAt), () => res.destroy())
}

const wanted = (from = 0) => ({ sizeBytes: bytes.length, from, signal: patient() })
const skippedIn = (events: readonly UpstreamEvent[]) =>
  events.reduce((sum, event) => sum + (event.kind === 'skipped' ? event.bytes : 0), 0)

it('goes on where a cut connection ended, byte for byte', async () => {
  const ranges: (number | undefined)[] = []
  const { upstream, events } = await upstreamThat((req, res) => {
    const begin = wantedRange(req.headers.range)
    ranges.push(begin)
    send(res, begin, ranges.length < 4 ? { cutAt: ranges.length * 250_000 } : {})
  })
  expect((await readAll(upstream.openBlob(digest, wanted()))).equals(bytes)).toBe(true)
  expect(ranges).toEqual([undefined, 250_000, 500_000, 750_000])
  expect(skippedIn(events)).toBe(0)
  expect(events.filter(({ kind }) => kind === 'resumed')).toHaveLength(3)
})

it('begins where it is told to', async () => {
  const { upstream } = await upstreamThat((req, res) => send(res, wantedRange(req.headers.range)))
  const rest = await readAll(upstream.openBlob(digest, wanted(999_000)))
  expect(rest.equals(bytes.subarray(999_000))).toBe(true)
})

it('asks for nothing when everything is here already', async () => {
  const { upstream } = await upstreamThat((_req, res) => res.writeHead(500).end())
  expect(await readAll(upstream.openBlob(digest, wanted(bytes.length)))).toHaveLength(0)
  expect(server?.requests).toHaveLength(0)
})

it('reads over what it has when a server cannot begin in the middle, and counts it', async () => {
  let answers = 0
  const { upstream, events } = await upstreamThat((_req, res) => {
    send(res, undefined, answers++ === 0 ? { cutAt: 300_000 } : {})
  })
  expect((await readAll(upstream.openBlob(digest, wanted()))).equals(bytes)).toBe(true)
  expect(skippedIn(events)).toBe(300_000)
})

it.each([
  ['another part than it was asked for', { 'content-range': 'bytes 0-999999/1000000' }],
  ['a part of something longer', { 'content-range': 'bytes 300000-999999/2000000' }],
  ['a part without saying which', { 'content-range': '' }],
  ['an encoded part', { 'content-encoding': 'gzip' }],
])('does not take %s', async (_what, headers) => {
  let answers = 0
  const { upstream, events } = await upstreamThat((req, res) => {
    answers++
    if (answers === 1) send(res, undefined, { cutAt: 300_000 })
    else send(res, wantedRange(req.headers.range), answers === 2 ? { headers } : {})
  })
  expect((await readAll(upstream.openBlob(digest, wanted()))).equals(bytes)).toBe(true)
  expect(skippedIn(events)).toBe(300_000)
})

it('starts over when the entity tag changes, but not for ever', async () => {
  let answers = 0
  const { upstream } = await upstreamThat((req, res) => {
    answers++
    const headers = { etag: `"${answers}"` }
    const begin = wantedRange(req.headers.range)
    const cutAt = Math.min(bytes.length, (begin ?? 0) + 400_000)
    send(res, begin, cutAt === bytes.length ? { headers } : { headers, cutAt })
  })
  expect((await readAll(upstream.openBlob(digest, wanted()))).equals(bytes)).toBe(true)
})

it('goes on after silence', async () => {
  let answers = 0
  const { upstream, events } = await upstreamThat((req, res) => {
    const begin = wantedRange(req.headers.range)
    if (answers++ > 0) send(res, begin)
    else {
      res.writeHead(200, { 'content-length': bytes.length })
      res.write(bytes.subarray(0, 100_000))
    }
  }, hasty)
  expect((await readAll(upstream.openBlob(digest, wanted()))).equals(bytes)).toBe(true)
  expect(events).toContainEqual(
    expect.objectContaining({ kind: 'retry', reason: 'no byte within 0.2 s' }),
  )
})

it('does not take the pace of its reader for silence', async () => {
  const { upstream, events } = await upstreamThat((_req, res) => send(res, undefined), hasty)
  const stream = upstream.openBlob(digest, wanted())
  const pieces: Buffer[] = []
  for await (const piece of stream) {
    // The reader itself pauses, for longer than the upstream may be silent.
    if (pieces.length === 1) await new Promise((resolve) => setTimeout(resolve, 400))
    pieces.push(piece as Buffer)
  }
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
  expect(events.some(({ kind }) => kind === 'retry')).toBe(false)
})

it('gives up after five connections without a byte, however many brought some before', async () => {
  let answers = 0
  const { upstream } = await upstreamThat((req, res) => {
    const begin = wantedRange(req.headers.range)
    answers++
    if (answers <= 8) send(res, begin, { cutAt: answers * 1_000 })
    else res.destroy()
  })
  const failure = readAll(upstream.openBlob(digest, wanted()))
  await expect(failure).rejects.toMatchObject({ code: 'connection_error' })
  expect(answers).toBe(8 + 5)
})

it('gives up after five answers of a wrong length', async () => {
  let answers = 0
  const { upstream } = await upstreamThat((_req, res) => {
    answers++
    res.end('a page that wants somebody to sign in')
  })
  const failure = readAll(upstream.openBlob(digest, wanted()))
  await expect(failure).rejects.toMatchObject({ code: 'blob_mismatch' })
  expect(answers).toBe(5)
})

it('hands on no byte beyond the end', async () => {
  const { upstream } = await upstreamThat((_req, res) => {
    res.writeHead(200)
    res.write(bytes)
    res.end('more')
  })
  const failure = readAll(upstream.openBlob(digest, wanted()))
  await expect(failure).rejects.toMatchObject({ code: 'blob_mismatch' })
})

it.each([
  [404, 'not_found'],
  [403, 'auth_failed'],
  [416, 'blob_mismatch'],
  [400, 'unknown_error'],
])('takes %d as the last word', async (status, code) => {
  let answers = 0
  const { upstream } = await upstreamThat((_req, res) => {
    answers++
    res.writeHead(status).end()
  })
  const failure = readAll(upstream.openBlob(digest, wanted()))
  await expect(failure).rejects.toMatchObject({ code, status })
  expect(answers).toBe(1)
})

it('asks again after 503, and after 403 from where the registry redirects to', async () => {
  const elsewhere = await startLocalServer((req, res) => {
    if (elsewhere.requests.length === 1) res.writeHead(403).end()
    else send(res, wantedRange(req.headers.range))
  })
  let answers = 0
  const { upstream } = await upstreamThat((_req, res) => {
    if (answers++ === 0) res.writeHead(503).end()
    else res.writeHead(307, { location: `http://${elsewhere.host}/blob?signature=x` }).end()
  })
  try {
    expect((await readAll(upstream.openBlob(digest, wanted()))).equals(bytes)).toBe(true)
    expect(elsewhere.asked()).toHaveLength(2)
  } finally {
    await elsewhere.close()
  }
})

it('ends with its signal, in the middle of a wait', async () => {
  const stop = new AbortController()
  const { upstream } = await upstreamThat((_req, res) => {
    res.writeHead(200, { 'content-length': bytes.length })
    res.write(bytes.subarray(0, 1_000))
  })
  const stream = upstream.openBlob(digest, { ...wanted(), signal: stop.signal })
  const reason = new Error('enough')
  stream.once('data', () => {
    stop.abort(reason)
  })
  await expect(readAll(stream)).rejects.toBe(reason)
})

it('ends its connection when nobody reads on', async () => {
  const gone = Promise.withResolvers<undefined>()
  const { upstream } = await upstreamThat((req, res) => {
    req.socket.once('close', () => {
      gone.resolve(undefined)
    })
    res.writeHead(200, { 'content-length': bytes.length })
    res.write(bytes.subarray(0, 1_000))
  })
  const stream = upstream.openBlob(digest, wanted())
  for await (const piece of stream) {
    expect(piece).toBeInstanceOf(Buffer)
    break
  }
  await gone.promise
  expect(stream.destroyed).toBe(true)
})
