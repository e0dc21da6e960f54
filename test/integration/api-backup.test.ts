import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

interface Job {
  readonly id: string
  readonly backup_id: string | null
  readonly progress: { readonly state: string; readonly errors: readonly string[] }
}

const path = '/api/v1/mooring/backup'
const folder = createTemporaryFolder('api-backup')
const target = folder.join('backups')
let server: TestServer
let api: ApiClient
let stock: Stock

const ended = (id: string) =>
  until('the backup to end', async () => {
    const job = (await api.get(`${path}/${id}`)) as Job
    return job.progress.state === 'running' ? undefined : job
  })

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        MOORING_BACKUP_TARGET: target,
        MOORING_BACKUP_EVERY: '1h',
        MOORING_BACKUP_KEEP: 2,
      }),
    },
  })
  api = await server.signedIn()
  stock = await stockRegistry(server.client(), 'quay/stock', { largeBytes: 500_000 })
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

describe('backups of the server', () => {
  it('are made by itself, and told of', async () => {
    const report = await until('the first backup', async () => {
      const found = (await api.get(path)) as { targets: { last_success: string | null }[] }
      return typeof found.targets[0]?.last_success !== 'string' ? undefined : found
    })
    expect(report.targets).toMatchObject([
      { target, every_seconds: 3600, keep: 2, overdue: false, encrypted: false },
    ])
    const metrics = await (await fetch(`${server.urls.metrics}/metrics`)).text()
    expect(metrics).toMatch(/mooring_backup_age_seconds\{[^}]*\} \d/)
    const health = await server.api().request('GET', '/health/warning')
    expect(health.json()).toMatchObject({ data: { services: { backup: true } } })
  })

  it('are made on request, and hold what was pushed', async () => {
    const answer = await api.request('POST', path)
    expect(answer.status).toBe(202)
    const job = await ended((answer.json() as Job).id)
    expect(job).toMatchObject({ progress: { state: 'done', errors: [] } })
    const dataDir = folder.join('restored')
    await server.mooring(['backup', 'restore'], [target, '--data', dataDir])
    await using restored = await startTestServer({ dataDir })
    await requireStock(restored.client(), stock)
  })

  it('are stopped on request, or have ended before', async () => {
    const { id } = (await api.request('POST', path)).json() as Job
    expect((await api.request('POST', path)).status).toBe(400)
    expect((await api.request('DELETE', `${path}/${id}`)).status).toBe(204)
    expect(['cancelled', 'done']).toContain((await ended(id)).progress.state)
    expect((await api.request('DELETE', `${path}/nobody`)).status).toBe(404)
  })
})
