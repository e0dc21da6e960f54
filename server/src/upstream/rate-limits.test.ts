import { afterAll, afterEach, expect, it } from 'vitest'
import {
  localClient,
  patient,
  startLocalServer,
  watchedUpstream,
  type LocalServer,
} from './local-upstream-suite.ts'
import { createRateLimits } from './rate-limits.ts'

const client = localClient({ longestWaitMs: 3_000 })
let server: LocalServer | undefined

afterEach(async () => {
  await server?.close()
})
afterAll(() => {
  client.close()
})

/** Refuses manifests until so many have been asked for. */
async function limited(refusals: number, headers: Record<string, string> = {}) {
  let asked = 0
  server = await startLocalServer((req, res) => {
    if (req.url === '/v2/') res.end('{}')
    else if (asked++ < refusals) res.writeHead(429, headers).end()
    else res.writeHead(200, { 'ratelimit-remaining': '76;w=21600' }).end()
  })
  return watchedUpstream(client, server.host)
}

it('waits as long as it is told to, and so does everybody else', async () => {
  const { upstream, events } = await limited(1, { 'retry-after': '1' })
  const since = performance.now()
  await upstream.headManifest('first', patient())
  expect(performance.now() - since).toBeGreaterThan(950)
  expect(events.map(({ kind }) => kind)).toEqual(['rate-limited', 'allowance'])
  expect(events.at(-1)).toMatchObject({ remaining: 76 })
})

it('does not ask while another waits', async () => {
  const { upstream } = await limited(1, { 'retry-after': '1' })
  const first = upstream.headManifest('first', patient())
  while ((server?.requests.length ?? 0) < 2) await new Promise((done) => setImmediate(done))
  const others = Array.from({ length: 5 }, (_, n) => upstream.headManifest(`t${n}`, patient()))
  await Promise.all([first, ...others])
  expect(server?.requests).toHaveLength(1 + 2 + 5)
})

it('comes back at once when it is told that it has to wait too long', async () => {
  const { upstream } = await limited(1, { 'retry-after': '3600' })
  const head = upstream.headManifest('latest', patient())
  await expect(head).rejects.toMatchObject({ code: 'rate_limited' })
  const again = upstream.headManifest('latest', patient())
  await expect(again).rejects.toSatisfy(
    (fault: { retryAfterMs: number }) => fault.retryAfterMs > 3_590_000,
  )
})

it('gives up when it is refused again and again', async () => {
  const { upstream } = await limited(100)
  const head = upstream.headManifest('latest', patient())
  await expect(head).rejects.toMatchObject({ code: 'rate_limited', status: 429 })
})

it('stops waiting with its signal', async () => {
  const { upstream } = await limited(1, { 'retry-after': '2' })
  const stop = new AbortController()
  const reason = new Error('enough')
  const head = upstream.headManifest('latest', stop.signal)
  while ((server?.requests.length ?? 0) < 2) await new Promise((done) => setImmediate(done))
  stop.abort(reason)
  await expect(head).rejects.toBe(reason)
})

const date = 'Mon, 23 Nov 2026 12:00:00 GMT'
const day = 86_400_000

it.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT', date }, 30_000],
  [{ 'retry-after': 'soon' }, 50],
  [{ 'ratelimit-reset': '9' }, 9_000],
  [{ 'x-ratelimit-reset': String(Date.parse(date) / 1_000 + 20), date }, 20_000],
  [{ 'retry-after': '9'.repeat(30) }, day],
  [{ 'retry-after': 'Mon, 23 Nov 9999 12:00:00 GMT', date }, day],
  [{ 'ratelimit-reset': '999999999' }, day],
  [{ 'x-ratelimit-reset': '9'.repeat(30), date }, day],
  [{}, 50],
])('a refusal with %j means to wait', (headers, waitMs) => {
  const limits = createRateLimits({ elapsed: () => 0, backoff: { afterMs: () => 50 } })
  expect(limits.refused('a', headers)).toBe(waitMs)
  expect(limits.waitMs('a')).toBe(waitMs)
  expect(limits.waitMs('b')).toBe(0)
})

it.each([
  [{ 'ratelimit-remaining': '76;w=21600' }, { remaining: 76 }],
  [
    { 'ratelimit-remaining': '76;w=21600', 'ratelimit-limit': '100;w=21600' },
    { remaining: 76, limit: 100, windowMs: 21_600_000 },
  ],
  [
    { 'x-ratelimit-remaining': '4', 'x-ratelimit-limit': '60', 'x-ratelimit-reset': '9' },
    { remaining: 4, limit: 60, resetMs: 9_000 },
  ],
  [
    { 'ratelimit-remaining': '9'.repeat(30), 'ratelimit-reset': '9'.repeat(30), date },
    { remaining: Number.MAX_SAFE_INTEGER, resetMs: day },
  ],
  [{ 'ratelimit-limit': '100' }, undefined],
])('understands %j', (headers, allowance) => {
  const limits = createRateLimits({ elapsed: () => 0, backoff: { afterMs: () => 50 } })
  expect(limits.answered('a', headers)).toEqual(allowance)
  expect(limits.waitMs('a')).toBe(0)
})

it('waits before it is refused when nothing is left', () => {
  const limits = createRateLimits({ elapsed: () => 0, backoff: { afterMs: () => 50 } })
  limits.answered('a', { 'ratelimit-remaining': '0;w=60', 'ratelimit-reset': '5' })
  expect(limits.waitMs('a')).toBe(5_000)
})
