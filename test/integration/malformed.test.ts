import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createImage, digestOf, type Image } from '../support/content.ts'
import { parseChallenge } from '../support/registry-session.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { brokenHttp } from './malformed/broken-http.ts'
import type { Existing } from './malformed/existing.ts'
import { oddRequests } from './malformed/odd-requests.ts'
import { sendRaw, type RawAnswer, type RawRequest } from './malformed/raw-http.ts'

const seed = 20_240_611
const atOnce = 16
const deadlineMs = 10_000

const knownCodes = new Set([
  ...[
    'BLOB_UNKNOWN',
    'BLOB_UPLOAD_INVALID',
    'BLOB_UPLOAD_UNKNOWN',
    'DIGEST_INVALID',
    'SIZE_INVALID',
  ],
  ...[
    'MANIFEST_BLOB_UNKNOWN',
    'MANIFEST_INVALID',
    'MANIFEST_UNKNOWN',
    'NAME_INVALID',
    'NAME_UNKNOWN',
  ],
  ...['UNAUTHORIZED', 'DENIED', 'UNSUPPORTED', 'TOOMANYREQUESTS', 'TAG_INVALID', 'TAG_EXPIRED'],
  ...['INVALID_REQUEST', 'RANGE_INVALID', 'PAGINATION_NUMBER_INVALID'],
])

let server: TestServer
let client: RegistryClient
let existing: Existing
const repository = 'quay/sweep'
const image: Image = createImage()

beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
  await client.pushImage(repository, 'kept', image)
  // The sweep may move or delete what it knows; this one stays out of its reach.
  await client.pushImage('quay/untouched', 'kept', image)
  const uploads: string[] = []
  for (let count = 0; count < 60; count++) {
    uploads.push((await client.startUpload(repository)).split('/').at(-1) ?? '')
  }
  const challenge = await fetch(new URL('/v2/', server.urls.http))
  const { service } = parseChallenge(challenge.headers.get('www-authenticate') ?? '')
  const scope = `repository:${repository}:pull,push`
  const realm = new URL('/v2/auth', server.urls.https).href
  const authorization = await client.fetchToken(realm, service, [scope])
  const digest = image.blobs[0]?.digest ?? ''
  existing = { repository, digest, tag: 'kept', uploads, authorization }
})

afterAll(async () => {
  await server.stop()
})

test('odd requests are refused with an error that the specification knows', async () => {
  await sweep(oddRequests(existing), 3000)
})

test('broken HTTP is refused or the connection closed', async () => {
  await sweep(brokenHttp(existing), 500)
})

test('an upload whose sender stalls and goes away continues with what had arrived', async () => {
  const location = await client.startUpload(repository)
  const head = [
    `PATCH ${new URL(location).pathname} HTTP/1.1`,
    'Host: localhost',
    `Authorization: ${existing.authorization}`,
    'Content-Length: 1000',
  ]
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${'a'.repeat(100)}`)
  const { hung } = await sendRaw(port(), { label: 'stalled', bytes, manner: 'wait' }, 300)
  expect(hung).toBe(true)
  const content = Buffer.alloc(500, 'a')
  // What had arrived is written after the connection is gone.
  await until('the bytes that arrived to count', async () => {
    const status = await client.request('GET', location)
    return status.status === 204 && status.header('range') === '0-99' ? true : undefined
  })
  const answer = await client.request('PATCH', location, {
    headers: { 'content-range': '100-499' },
    body: content.subarray(100),
  })
  expect(answer.status).toBe(202)
  await client.finishUpload(answer.header('location'), digestOf(content))
})

async function sweep(requests: fc.Arbitrary<RawRequest>, count: number): Promise<void> {
  process.stdout.write(`seed ${seed}, ${count} requests\n`)
  const waiting = fc.sample(requests, { numRuns: count, seed })
  const complaints: string[] = []
  const statuses = new Map<number, number>()
  const sender = async () => {
    for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) {
      const { answers, hung } = await sendRaw(port(), request, deadlineMs)
      if (hung) complaints.push(`${request.label}: no answer within ${deadlineMs} ms`)
      for (const answer of answers) {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        const complaint = complaintAbout(answer, request)
        if (complaint !== undefined) complaints.push(`${request.label}: ${complaint}`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, sender))
  const list = [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, times]) => `${status}: ${times}`)
  process.stdout.write(`answers ${list.join(', ')}\n`)
  expect(complaints.slice(0, 10)).toEqual([])
  await expectService()
}

/** What is wrong with an answer, if anything is. */
function complaintAbout(
  { status, headers, body }: RawAnswer,
  { bytes }: RawRequest,
): string | undefined {
  if (status >= 500 && status !== 501 && status !== 505) return `status ${status} ${body}`
  const inside = /\bat .+:\d+:\d+|node:internal|node_modules|\.ts\b|SQLITE|ENOENT|EACCES/.exec(body)
  if (inside !== null) return `the body speaks of the inside: ${inside[0]}`
  if (body.includes(server.dataDir)) return 'the body names the data folder'
  if (status < 400 || body === '') return undefined
  const path = bytes.toString('latin1').split(' ', 2)[1] ?? ''
  if (!/^\/v2(?:[/?]|$)/.test(path)) return undefined
  if (headers.get('content-type')?.startsWith('application/json') !== true) {
    return `an error of type ${headers.get('content-type') ?? 'unknown'}`
  }
  return envelopeComplaint(status, body)
}

function envelopeComplaint(status: number, body: string): string | undefined {
  const value = parseJson(body)
  // Quay's own two exceptions: the base of the API, and a bearer token that is none.
  if (status === 401 && value === true) return undefined
  if (status === 401 && typeof (value as { error?: unknown } | null)?.error === 'string')
    return undefined
  const errors = (value as { errors?: unknown } | null | undefined)?.errors
  if (!Array.isArray(errors) || errors.length === 0) return `no errors in ${body.slice(0, 200)}`
  for (const { code, message } of errors as { code?: unknown; message?: unknown }[]) {
    if (typeof code !== 'string' || !knownCodes.has(code)) return `unknown code ${String(code)}`
    if (typeof message !== 'string' || message === '') return `no message with ${code}`
  }
  return undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'latin1').toString()) as unknown
  } catch {
    return undefined
  }
}

/** The server still does what it is there for. */
async function expectService(): Promise<void> {
  const fresh = server.client()
  const manifest = await fresh.getManifest('quay/untouched', 'kept')
  expect(digestOf(manifest.body)).toBe(image.manifest.digest)
  for (const blob of image.blobs) {
    const pulled = await fresh.pullBlob('quay/untouched', blob.digest)
    expect(pulled.digest).toBe(blob.digest)
  }
  await fresh.pushImage('quay/after', 'kept', createImage({ labels: { after: 'the sweep' } }))
}

function port(): number {
  return Number(new URL(server.urls.http).port)
}
