import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { probeClair } from './clair-probe.ts'
import { linesOf, testContext, verdictOf } from './probe-suite.ts'

const psk = Buffer.from('a key of thirty-two bytes for us').toString('base64')
const dayMs = 86_400_000

describe('Clair', () => {
  let server: Server
  let url: string
  let operations: unknown = {}
  let isClair = true
  beforeAll(async () => {
    server = createServer((request, response) => {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
      // As Clair checks it: our key, HS256, issued by "quay", not expired.
      jwtVerify(token, Buffer.from(psk, 'base64'), { issuer: 'quay', algorithms: ['HS256'] }).then(
        () => {
          const isIndexer = request.url === '/clair/indexer/api/v1/index_state'
          const body = isIndexer ? { state: 'c0ffee' } : operations
          response.writeHead(200, { 'content-type': 'application/json' })
          response.end(isClair ? JSON.stringify(body) : '<html>welcome</html>')
        },
        () => response.writeHead(401).end(),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/clair/`
  })
  afterAll(() => {
    server.close()
  })

  const look = async (change: { url?: string; psk?: string } = {}) => {
    const wanted = { url, psk, ca: [], trusted: [], proxy: undefined, ...change }
    return (await linesOf(probeClair(wanted, testContext()))).map(verdictOf)
  }
  const updatedDaysAgo = (days: number) => {
    const date = new Date(Date.now() - days * dayMs).toISOString()
    operations = { 'debian/updater': [{ ref: 'x', updater: 'debian/updater', date }] }
  }

  it('accepts the key and says how old its data is', async () => {
    updatedDaysAgo(1)
    expect(await look()).toEqual(['ok', 'ok'])
    updatedDaysAgo(9)
    expect(await look()).toEqual(['ok', 'warning MOOR-NET-044'])
    operations = {}
    expect(await look()).toEqual(['ok', 'warning MOOR-NET-045'])
  })

  it('refuses another key, and text that is no key is not sent', async () => {
    const another = Buffer.from('another key').toString('base64')
    expect(await look({ psk: another })).toEqual(['failed MOOR-NET-041'])
    expect(await look({ psk: 'not base64!' })).toEqual(['failed MOOR-NET-042'])
  })

  it('is told from something else, and from nothing', async () => {
    expect(await look({ url: 'http://127.0.0.1:1' })).toEqual(['failed MOOR-NET-040'])
    isClair = false
    expect(await look()).toEqual(['failed MOOR-NET-043'])
    isClair = true
  })
})
