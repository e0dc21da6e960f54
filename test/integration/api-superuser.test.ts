import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let root: ApiClient
let ada: { readonly username: string; readonly password: string }
beforeAll(async () => {
  const settings = { SUPER_USERS: ['quay'], FEATURE_SUPERUSER_CONFIGDUMP: true, TYPO_OF_MINE: 1 }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  ada = JSON.parse(await server.mooring(['user', 'add', 'ada'], ['--json'])) as typeof ada
  root = await server.signedIn()
})
afterAll(() => server.stop())

describe('what superusers ask of the server', () => {
  it('is not for others', async () => {
    const api = await server.signedIn(ada)
    for (const path of [
      'logs',
      'aggregatelogs',
      'changelog/',
      'config',
      'registrysize/',
      'x/build',
    ]) {
      await api.get(`/api/v1/superuser/${path}`, 403)
      await server.api().get(`/api/v1/superuser/${path}`, 401)
    }
    await api.post('/api/v1/superuser/registrysize/', undefined, 403)
  })

  it('tells everybody that it is set up', async () => {
    expect(await server.api().get('/api/v1/superuser/registrystatus')).toEqual({
      status: 'ready',
      provider_id: 'file',
    })
  })

  it('shows what changed', async () => {
    const { log } = (await root.get('/api/v1/superuser/changelog/')) as { log: string }
    expect(log).toMatch(/^# Changes/)
  })

  it('shows the settings without a secret', async () => {
    const answer = await root.request('GET', '/api/v1/superuser/config')
    const { config, warning, env, schema } = answer.json() as {
      config: Record<string, unknown>
      warning: Record<string, unknown>
      env: Record<string, string>
      schema: { properties: object }
    }
    expect(config).toMatchObject({ SUPER_USERS: ['quay'] })
    expect(config['SECRET_KEY']).toMatch(/^\*{10} \(\d+\)$/)
    expect(warning).toEqual({ TYPO_OF_MINE: 1 })
    expect(env['MOORING_FIRST_PASSWORD']).toMatch(/^\*{10} \(\d+\)$/)
    expect(answer.text()).not.toContain(server.password)
    expect(Object.keys(schema.properties)).toContain('SUPER_USERS')
  })

  it('knows no build', async () => {
    await root.get('/api/v1/superuser/nobuild/build', 404)
    for (const path of ['status', 'logs', 'logs/archive']) {
      expect(await root.get(`/api/v1/superuser/nobuild/${path}`, 400)).toMatchObject({
        error_type: 'invalid_response',
      })
    }
  })
})

describe('the size of the registry', () => {
  interface Size {
    readonly size_bytes: number
    readonly last_ran: number | null
    readonly queued: boolean
    readonly running: boolean
  }
  const size = async () => (await root.get('/api/v1/superuser/registrysize/')) as Size

  it('is counted when it is asked for', async () => {
    expect(await size()).toEqual({ size_bytes: 0, last_ran: null, queued: false, running: false })
    const image = createImage()
    await server.client().pushImage('quay/sized', 'v1', image)
    expect(await root.post('/api/v1/superuser/registrysize/', undefined, 201)).toBe('')
    const counted = await until(
      'the size to be counted',
      async () => {
        const now = await size()
        return now.last_ran === null ? undefined : now
      },
      { everyMs: 200 },
    )
    expect(counted).toMatchObject({ queued: false, running: false })
    expect(counted.size_bytes).toBeGreaterThan(0)
  })
})

describe('a shutdown', () => {
  it('is refused to others, and ends the server well when a superuser asks', async () => {
    const api = await server.signedIn(ada)
    expect(await api.post('/api/v1/superuser/shutdown', undefined, 403)).toEqual({
      message: expect.stringContaining("You don't have the permission") as string,
    })
    expect(await root.post('/api/v1/superuser/shutdown')).toEqual({})
    await until('the server to end', () => !isRunning(server.urls.pid) || undefined)
    expect(server.output()).toContain('server stopped')
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
