import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('read-only')
let server: TestServer
beforeAll(async () => {
  const dataDir = folder.join('data')
  server = await startTestServer({ dataDir })
  await server.client().pushImage('quay/kept', 'v1', createImage())
  expect(await server.mooring(['readonly'], ['on'])).toBe(
    'read-only: pulls are served, writes refused; restart the server to apply it\n',
  )
  // Not before that.
  await server.client().pushImage('quay/kept', 'before', createImage())
  await server.restart()
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

describe('a registry in read-only mode', () => {
  it('is read and logged in to as ever', async () => {
    const api = await server.signedIn()
    expect(await api.get('/api/v1/repository/quay/kept')).toMatchObject({ name: 'kept' })
    expect((await server.client().getManifest('quay/kept', 'v1')).status).toBe(200)
  })

  it('takes no change, and says why', async () => {
    const api = await server.signedIn()
    const message =
      'System is currently read-only. Pulls will succeed but all write operations are currently suspended.'
    for (const [method, path] of [
      ['PUT', '/api/v1/repository/quay/kept'],
      ['DELETE', '/api/v1/repository/quay/kept/tag/v1'],
      ['POST', '/api/v1/repository'],
    ] as const) {
      const answer = await api.request(method, path, { description: 'x' })
      expect(answer.status).toBe(503)
      expect(answer.json()).toEqual({ message, is_readonly: true })
    }
    await expect(server.client().pushImage('quay/kept', 'v2', createImage())).rejects.toThrow(/405/)
  })

  it('is healthy to monitors that ask with HEAD', async () => {
    expect((await server.api().request('HEAD', '/health')).status).toBe(200)
  })

  it('says so, and takes writes again when it is told to', async () => {
    const state = async (...args: string[]) =>
      JSON.parse(await server.mooring(['readonly'], [...args, '--json'])) as object
    expect(await state('status')).toEqual({ readonly: true, running: true })
    expect(await state('off')).toEqual({ readonly: false, running: true })
    await server.restart()
    await server.client().pushImage('quay/kept', 'after', createImage())
    expect((await server.client().getManifest('quay/kept', 'after')).status).toBe(200)
  })
})
