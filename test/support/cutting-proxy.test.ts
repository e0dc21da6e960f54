import { once } from 'node:events'
import { createServer, connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCuttingProxy, type LinkQuality } from './cutting-proxy.ts'

const content = Buffer.alloc(500_000, 'x')
const server = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.once('data', () => socket.end(content))
})
let target = ''

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  target = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

/** How many bytes come over one connection before it ends. */
async function ask(host: string): Promise<number> {
  const { hostname, port } = new URL(`tcp://${host}`)
  const socket = connect(Number(port), hostname)
  socket.write('please')
  let bytes = 0
  try {
    for await (const piece of socket as AsyncIterable<Buffer>) bytes += piece.length
  } catch {
    // A cut may be seen as an end or as an error.
  }
  return bytes
}

it('passes everything on over a good link, and counts it', async () => {
  await using link = await startCuttingProxy(target)
  expect(await ask(link.host)).toBe(content.length)
  expect(link).toMatchObject({ bytesDown: content.length, connections: 1, cuts: 0 })
})

it('cuts where it is told to', async () => {
  await using link = await startCuttingProxy(target, { cutEveryBytes: 123_456 })
  expect(await ask(link.host)).toBe(123_456)
  expect(link.cuts).toBe(1)
})

it.each<LinkQuality>([
  { cutEveryMs: 50, isBlackHole: true },
  { cutEveryMs: 50, bytesPerSecond: 1_000 },
])('ends what never would with %j', async (quality) => {
  await using link = await startCuttingProxy(target, quality)
  expect(await ask(link.host)).toBeLessThan(content.length)
  expect(link.cuts).toBeGreaterThan(0)
})

it('holds a rate', async () => {
  await using link = await startCuttingProxy(target, { bytesPerSecond: 2_000_000 })
  const since = performance.now()
  await ask(link.host)
  expect(performance.now() - since).toBeGreaterThan(220)
})
