import { Agent } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomBytesOf } from '../../../test/support/content.ts'
import { exchange, piecesOf, usualPatience } from './exchange.ts'
import { startLocalServer, type LocalServer } from './local-upstream-suite.ts'

const body = randomBytesOf('exchange', 3_000_001)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let server: LocalServer

beforeAll(async () => {
  server = await startLocalServer((_req, res) => res.end(body))
})
afterAll(async () => {
  agent.destroy()
  await server.close()
})

async function* pieces(): AsyncGenerator<Buffer> {
  const { signal } = new AbortController()
  const url = new URL(`http://${server.host}/`)
  const patience = usualPatience
  const message = await exchange({ method: 'GET', url, headers: {}, agent, patience, signal })
  const { next } = piecesOf(message, patience.stallMs)
  for (let piece = await next(); piece !== undefined; piece = await next()) yield piece
}

describe('the pieces of a body', () => {
  test('are its bytes, body after body on one kept connection', async () => {
    for (let turn = 0; turn < 4; turn++) {
      const read: Buffer[] = []
      for await (const piece of pieces()) read.push(piece)
      expect(Buffer.concat(read).equals(body)).toBe(true)
    }
    expect(new Set(server.requests.map(({ socket }) => socket)).size).toBe(1)
  })

  test('are its bytes for a reader that is slower than the upstream', async () => {
    const read: Buffer[] = []
    for await (const piece of pieces()) {
      read.push(piece)
      for (let turn = 0; turn < 20; turn++) await setImmediate()
    }
    expect(Buffer.concat(read).equals(body)).toBe(true)
  })

  test('are all that is left of what the connection read', async () => {
    const seen: Buffer[] = []
    const [socket] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])
    socket?.prependListener('data', (chunk: Buffer) => seen.push(chunk))
    let bytes = 0
    for await (const piece of pieces()) bytes += piece.length
    expect(bytes).toBe(body.length)
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.filter(({ length }) => length > 0)).toEqual([])
  })
})
