import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Setting {
  readonly key: string
  readonly value?: unknown
  readonly default?: unknown
  readonly origin: string
  readonly locked: boolean
  readonly secret: boolean
  readonly kind: string
  readonly needs_restart: boolean
}

interface Configuration {
  readonly settings: readonly Setting[]
  readonly revision: string
  readonly writable: boolean
  readonly needs_restart: boolean
}

interface Saved {
  readonly changes: readonly unknown[]
  readonly revision: string
  readonly needs_restart: boolean
}

const path = '/api/v1/mooring/config'
let server: TestServer
let api: ApiClient
let file: string
let text: string

beforeAll(async () => {
  const override = JSON.stringify({ SUPER_USERS: ['quay'], MAIL_PASSWORD: 'mail-secret' })
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: override } })
  file = join(server.dataDir, 'config/config.yaml')
  text = readFileSync(file, 'utf8')
  api = await server.signedIn()
})
beforeEach(() => {
  writeFileSync(file, text)
})
afterAll(() => server.stop())

const read = async () => (await api.get(path)) as Configuration
const setting = async (key: string) => (await read()).settings.find((one) => one.key === key)
const message = async (status: number, method: string, body: unknown, where = path) => {
  const answer = await api.request(method, where, body)
  expect(answer.status).toBe(status)
  const { detail, message: words } = answer.json() as { detail?: string; message?: string }
  return detail ?? words
}

describe('the settings of a server', () => {
  it('say where each comes from', async () => {
    expect(await setting('DEFAULT_TAG_EXPIRATION')).toEqual({
      ...{ key: 'DEFAULT_TAG_EXPIRATION', value: '2w', default: '2w', origin: 'file' },
      ...{ locked: false, secret: false, kind: 'known', needs_restart: false },
    })
    expect(await setting('SUPER_USERS')).toMatchObject({ origin: 'environment', locked: true })
    expect(await setting('MAIL_PORT')).toMatchObject({ origin: 'default', value: 587 })
    expect(await setting('MOORING_HTTPS_PORT')).toMatchObject({ origin: 'flag', locked: true })
    expect(await read()).toMatchObject({ writable: true, needs_restart: false })
  })

  it('show no secret', async () => {
    const answer = JSON.stringify(await read())
    const [, key = ''] = /^DATABASE_SECRET_KEY: "(.*)"$/m.exec(text) ?? []
    expect(key.length).toBeGreaterThan(10)
    expect(answer).not.toContain(key)
    expect(answer).not.toContain('mail-secret')
    expect(await setting('DATABASE_SECRET_KEY')).toMatchObject({ secret: true })
  })

  it('are for superusers alone', async () => {
    expect((await server.api().request('GET', path)).status).toBe(401)
  })
})

describe('a change of settings', () => {
  it('is written where it belongs, leaves the rest as it was, and waits for a restart', async () => {
    const { revision } = await read()
    const saved = (await api.put(path, {
      values: { DEFAULT_TAG_EXPIRATION: '4w' },
      revision,
    })) as Saved
    expect(saved.changes).toEqual([{ key: 'DEFAULT_TAG_EXPIRATION', before: '2w', after: '4w' }])
    expect(saved.needs_restart).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe(
      text.replace('DEFAULT_TAG_EXPIRATION: 2w', 'DEFAULT_TAG_EXPIRATION: 4w'),
    )
    expect(await setting('DEFAULT_TAG_EXPIRATION')).toMatchObject({
      value: '4w',
      needs_restart: true,
    })
    expect(await setting('MAIL_PORT')).toMatchObject({ needs_restart: false })
  })

  it('is refused with a text that changed meanwhile', async () => {
    const { revision } = await read()
    writeFileSync(file, `${text}# by hand\n`)
    await message(409, 'PUT', { values: { MAIL_PORT: 25 }, revision })
    expect(readFileSync(file, 'utf8')).toBe(`${text}# by hand\n`)
  })

  it.each([
    [{ DEFAULT_TAG_EXPIRATION: '3w' }, /must be included in the allowed expiration periods/],
    [{ SUPER_USERS: ['mallory'] }, /SUPER_USERS is set by the environment/],
    [{ MOORING_HTTPS_PORT: 443 }, /is set by the command line/],
    [{ SECRET_KEY: null }, /SECRET_KEY is required/],
    [{ 'lower case': 1 }, /./],
  ])('%j is refused and changes nothing', async (values, words) => {
    expect(await message(400, 'PUT', { values })).toMatch(words)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('keeps a secret that comes back masked', async () => {
    const masked = (await setting('SECRET_KEY'))?.value
    const values = { SECRET_KEY: masked, MAIL_SERVER: 'mail.example' }
    await api.put(path, { values })
    expect(readFileSync(file, 'utf8')).toBe(`${text}MAIL_SERVER: mail.example\n`)
  })

  it('can be looked at before it is made', async () => {
    const values = { FEATURE_MAILING: true, DEFAULT_TAG_EXPIRATION: '3w', X_Y: 'kept' }
    const preview = (await api.post(`${path}/validate`, { values, mode: 'offline' })) as {
      readonly changes: readonly unknown[]
      readonly problems: readonly { readonly key: string }[]
      readonly findings: readonly { readonly Message: string }[]
    }
    expect(preview.changes).toEqual([
      { key: 'DEFAULT_TAG_EXPIRATION', before: '2w', after: '3w' },
      { key: 'FEATURE_MAILING', after: true },
      { key: 'X_Y', after: 'kept' },
    ])
    expect(preview.problems.map(({ key }) => key)).toEqual(['DEFAULT_TAG_EXPIRATION'])
    expect(preview.findings.map(({ Message }) => Message)).toContain('MAIL_SERVER is required')
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('of a wrong type is a problem of that key', async () => {
    const preview = await api.post(`${path}/validate`, { values: { MAIL_PORT: 'x' } })
    expect(preview).toMatchObject({ problems: [{ key: 'MAIL_PORT' }] })
  })
})

describe('the history of settings', () => {
  it('tells who changed what, and takes back', async () => {
    await api.put(path, { values: { MAIL_PORT: 2525 } })
    await api.put(path, { values: { MAIL_PORT: null, SECRET_KEY: 'another-secret' } })
    const { versions } = (await api.get(`${path}/history`)) as {
      readonly versions: readonly { readonly id: string; readonly changes: unknown }[]
    }
    const [newest, older] = versions
    expect(newest).toMatchObject({ by: 'quay' })
    expect(JSON.stringify(versions)).not.toContain('another-secret')
    expect(older?.changes).toEqual([{ key: 'MAIL_PORT', after: 2525 }])

    await api.post(`${path}/history/${newest?.id ?? ''}/restore`, {})
    expect(readFileSync(file, 'utf8')).toBe(`${text}MAIL_PORT: 2525\n`)
    await api.post(`${path}/history/${older?.id ?? ''}/restore`, {})
    expect(readFileSync(file, 'utf8')).toBe(text)
    await message(404, 'POST', {}, `${path}/history/..%2fconfig/restore`)
  })

  it('says nothing of a change that a power cut kept from happening', async () => {
    const before = await api.get(`${path}/history`)
    await api.put(path, { values: { MAIL_PORT: 2626 } })
    writeFileSync(file, text)
    expect(await api.get(`${path}/history`)).toEqual(before)
  })
})
