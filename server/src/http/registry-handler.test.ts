import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { LiveExchange } from './live-exchange.ts'
import { registryHandler } from './registry-handler.ts'

const log = createLogger('silent')
const trust = { externalTls: false, serverHostname: 'localhost' }

let server: Server
beforeAll(async () => {
  const serve = registryHandler({
    routes: () => ({
      POST: async ({ req }) => {
        req.resume()
        await once(req, 'end')
        throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
      },
    }),
    service: 'registry',
    clock: systemClock,
    observe: () => undefined,
  })
  server = createServer((req, res) => {
    void serve(new LiveExchange(req, res, { requestId: 'one', trust, log }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => server.close())

it('answers what fails after the body was read to its end', async () => {
  const { port } = server.address() as AddressInfo
  const status = await new Promise((resolve, reject) => {
    const sent = request({ port, method: 'POST', path: '/v2/a/b/blobs/uploads/' }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.once('error', reject)
    sent.end(Buffer.alloc(1 << 20))
  })
  expect(status).toBe(507)
})
