import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const base = '/api/v1/mooring'

interface Service {
  readonly workers: readonly { readonly name: string; readonly work: string | null }[]
  readonly pauses: readonly { readonly work: string; readonly by: string; reason: string | null }[]
}

let server: TestServer
let api: ApiClient
beforeAll(async () => {
  const settings = { SUPER_USERS: ['quay'] }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  api = await server.signedIn()
})
afterAll(() => server.stop())

const service = async () => (await api.get(`${base}/service`)) as Service
const scrub = async () =>
  (
    (await api.get(`${base}/storage/scrub`)) as {
      scrub: { state: string; blobs_done: number }
    }
  ).scrub

it('paused work rests over a restart, and goes on when the command line says so', async () => {
  await server.client().pushImage('quay/content', 'v1', createImage())
  await api.put(`${base}/service/pauses/scrub`, { reason: 'slow disk' })
  expect((await api.request('POST', `${base}/storage/scrub`, {})).status).toBe(202)

  await server.restart()
  api = await server.signedIn()
  expect((await service()).pauses).toMatchObject([
    { work: 'scrub', by: 'quay', reason: 'slow disk', until: null },
  ])
  const shown = (await api.get(`${base}/home`)) as {
    problems: readonly { id: string; parameters: unknown }[]
  }
  expect(shown.problems).toContainEqual(
    expect.objectContaining({ id: 'paused-workers', parameters: { names: 'scrub', by: 'quay' } }),
  )
  expect(await scrub()).toMatchObject({ state: 'running', blobs_done: 0 })

  expect(await server.mooring(['workers', 'list'])).toMatch(/^scrub is paused \(quay: slow disk\)/)
  expect(await server.mooring(['workers', 'resume', 'scrub'])).toMatch(/^scrub goes on/)
  await until('the end of the check', async () => (await scrub()).state === 'done' || undefined)
  expect((await service()).pauses).toEqual([])
})

it('a collection that is asked for says that it waits, can be taken back, and runs after the pause', async () => {
  const area = `${base}/storage/collection`
  const collection = async () =>
    (await api.get(area)) as { rests_for: string | null; run: { state: string } | null }
  const resting = async (wanted: string | null) =>
    until('the collector to notice', async () => {
      const found = await collection()
      return found.rests_for === wanted ? found : undefined
    })
  await api.put(`${base}/service/pauses/garbage-collection`, {})
  await resting('pause')
  await api.post(area, undefined, 202)
  expect(await collection()).toMatchObject({ rests_for: 'pause', run: { state: 'running' } })
  await api.delete(area, 204)
  expect((await collection()).run).toMatchObject({ state: 'cancelled' })

  await api.post(area, undefined, 202)
  await api.delete(`${base}/service/pauses/garbage-collection`, 204)
  await resting(null)
  await until('the collection', async () => (await collection()).run?.state === 'done' || undefined)
})

it('what nobody may pause is not found, and an end that is past is refused', async () => {
  const put = (work: string, body: unknown) =>
    api.request('PUT', `${base}/service/pauses/${work}`, body).then(({ status }) => status)
  expect(await put('health', {})).toBe(404)
  expect(await put('scrub', { until: 1 })).toBe(400)
  const { workers } = await service()
  expect(workers.find(({ name }) => name === 'health')?.work).toBeNull()
  expect(workers.find(({ name }) => name === 'bundles-1')?.work).toBe('bundles')
})
