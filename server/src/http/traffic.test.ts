import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { countTraffic } from './traffic.ts'

it('counts pushes and pulls while they are under way, and forgets clients that hung up', async () => {
  const arrived: ServerResponse[] = []
  const { handler, traffic } = countTraffic((_req, res) => arrived.push(res))
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const send = (method: string, path: string) => {
    const sent = request({ port, host: '127.0.0.1', method, path })
    sent.on('error', () => undefined).end()
    return sent
  }
  const push = send('PATCH', '/v2/a/b/blobs/uploads/1')
  const pull = send('GET', '/v2/a/b/blobs/sha256:0')
  send('GET', '/health/instance')
  await expect.poll(() => arrived.length).toBe(3)
  expect(traffic()).toEqual({ uploads: 1, downloads: 1 })

  push.destroy()
  await expect.poll(traffic).toEqual({ uploads: 0, downloads: 1 })
  for (const response of arrived) response.end()
  await once(pull, 'response')
  await expect.poll(traffic).toEqual({ uploads: 0, downloads: 0 })
  server.close()
  server.closeAllConnections()
})
