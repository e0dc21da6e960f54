import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { spawnServer } from '../support/child-server.ts'
import { tryProgram } from '../support/cli.ts'
import { createHttpClient } from '../support/http-request.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const env = { PATH: process.env['PATH'] ?? '' }
const http = createHttpClient()
const basic = (password: string, user = 'quayconfig') =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

const working = {
  SERVER_HOSTNAME: 'registry.plant7.example',
  DB_URI: 'sqlite:///mooring.db',
  DISTRIBUTED_STORAGE_CONFIG: { local: ['LocalStorage', { storage_path: 'storage' }] },
  SECRET_KEY: 'one',
  DATABASE_SECRET_KEY: 'two',
}

const folders: TemporaryFolder[] = []
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  for (const folder of folders.splice(0)) await folder.remove()
})

function configFolder() {
  const folder = createTemporaryFolder('config-editor')
  folders.push(folder)
  mkdirSync(folder.join('config'))
  return folder
}

async function startEditor(folder: TemporaryFolder) {
  const args = ['config', 's3cret', '--port', '0', '--host', '127.0.0.1', '--data', folder.path]
  const child = spawnServer(process.execPath, [mooring, ...args], { env, cwd: folder.path })
  closers.push(() => child.stop())
  const url = await until('the editor to listen', () => {
    if (child.hasExited()) throw new Error(child.output())
    return /listens on (http:\S+),/.exec(child.output())?.[1]
  })
  const call = (method: string, path: string, body?: unknown, authorization = basic('s3cret')) =>
    http.request(method, `${url}${path}`, {
      headers: { authorization, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return { call, child, url }
}

describe('the config editor', () => {
  it('gives the defaults without a configuration, and both with one', async () => {
    const folder = configFolder()
    const { call } = await startEditor(folder)
    const none = await call('GET', '/api/v1/config')
    expect(none.status).toBe(202)
    expect(none.json()).toMatchObject({
      'config.yaml': {
        ...{ AUTHENTICATION_TYPE: 'Database', AVATAR_KIND: 'local', DEFAULT_TAG_EXPIRATION: '2w' },
        ...{ DB_CONNECTION_ARGS: { autorollback: true, threadlocals: true } },
        ...{ EXTERNAL_TLS_TERMINATION: false, FEATURE_ACTION_LOG_ROTATION: false },
        ...{ FEATURE_ANONYMOUS_ACCESS: true, FEATURE_APP_SPECIFIC_TOKENS: true },
      },
      certs: {},
    })
    writeFileSync(folder.join('config/config.yaml'), 'AVATAR_KIND: gravatar\nMAIL_PORT: null\n')
    mkdirSync(folder.join('config/extra_ca_certs'))
    writeFileSync(folder.join('config/extra_ca_certs/site.crt'), 'x')
    const some = await call('GET', '/api/v1/config')
    expect(some.status).toBe(200)
    expect(some.json()).toMatchObject({
      'config.yaml': { AVATAR_KIND: 'gravatar', MAIL_PORT: 587 },
      certs: { 'extra_ca_certs/site.crt': Buffer.from('x').toString('base64') },
    })
  })

  it('asks for its password, and shows its page to everybody', async () => {
    const { call, url } = await startEditor(configFolder())
    for (const authorization of [basic('wrong'), basic('s3cret', 'root'), '', 'Bearer s3cret']) {
      const refused = await call('GET', '/api/v1/config', undefined, authorization)
      expect(refused.status).toBe(401)
      expect(refused.header('www-authenticate')).toMatch(/^Basic/)
    }
    const page = await http.request('GET', `${url}/`)
    expect(page.status).toBe(200)
    expect(page.headers['set-cookie']).toEqual([
      'QuayReadOnlyFieldGroups=; Path=/; SameSite=Strict',
    ])
  })

  it('validates, and refuses what it cannot read', async () => {
    const { call } = await startEditor(configFolder())
    const validate = '/api/v1/config/validate'
    const empty = await call('POST', validate, { 'config.yaml': {} })
    expect(empty.status).toBe(200)
    expect(empty.json()).toHaveLength(5)
    const redis = { host: '127.0.0.1', port: 1 }
    const config = { ...working, BUILDLOGS_REDIS: redis, USER_EVENTS_REDIS: redis }
    expect(
      (await call('POST', `${validate}?mode=offline`, { 'config.yaml': config })).json(),
    ).toEqual([])
    const online = await call('POST', validate, { 'config.yaml': config })
    expect(online.text()).toMatch(
      /Could not connect to Redis with values provided in BUILDLOGS_REDIS/,
    )

    const refused = async (body: unknown) => {
      const answer = await call('POST', validate, body)
      return `${String(answer.status)} ${answer.text().trim()}`
    }
    expect(await refused('{')).toBe('400 the body is not valid JSON')
    expect(await refused([])).toMatch(/^400 the body must be an object/)
    expect(await refused({ 'config.yaml': { MAIL_PORT: 'x' } })).toBe(
      '400 MAIL_PORT must be of type int',
    )
    expect(await refused({ 'config.yaml': {}, certs: { '../x': '' } })).toMatch(/^400 certs/)
    expect(await refused(`"${'x'.repeat(9 * 1024 * 1024)}"`)).toMatch(/^413/)
    expect((await call('POST', '/api/v1/config/operator', {})).status).toBe(404)
    expect((await call('GET', validate)).status).toBe(405)
  })

  it('packs a bundle that tar unpacks', async () => {
    const folder = configFolder()
    const { call } = await startEditor(folder)
    const certs = { 'extra_ca_certs/site.crt': Buffer.from('site').toString('base64') }
    const archive = await call('POST', '/api/v1/config/download', { 'config.yaml': working, certs })
    expect(archive.header('content-type')).toBe('application/zip')
    expect(archive.header('content-disposition')).toBe('attachment; filename=quay-config.tar.gz')
    writeFileSync(folder.join('bundle.tar.gz'), archive.body)
    const listed = await tryProgram('tar', ['xvzf', 'bundle.tar.gz'], { env, cwd: folder.path })
    expect(listed.stdout.trim().split('\n').toSorted()).toEqual([
      'config.yaml',
      'extra_ca_certs/',
      'extra_ca_certs/site.crt',
    ])
    expect(readFileSync(folder.join('extra_ca_certs/site.crt'), 'utf8')).toBe('site')
    expect(readFileSync(folder.join('config.yaml'), 'utf8')).toContain('SECRET_KEY: one')
  })

  it('puts a bundle in place, but none that would not start', async () => {
    const folder = configFolder()
    const file = folder.join('config/config.yaml')
    const { call } = await startEditor(folder)
    const deploy = '/api/v1/config/deploy'
    const refused = await call('POST', deploy, { 'config.yaml': { SERVER_HOSTNAME: 'x.example' } })
    expect(refused.status).toBe(400)
    expect(refused.text()).toContain('DB_URI is required')
    expect((await call('POST', deploy, { 'config.yaml': working })).status).toBe(200)
    writeFileSync(file, `# the plant's\n${readFileSync(file, 'utf8')}`)
    const before = readFileSync(file, 'utf8')
    const next = { ...working, MAIL_PORT: 25 }
    expect((await call('POST', deploy, { 'config.yaml': next })).status).toBe(200)
    expect(readFileSync(file, 'utf8')).toBe(`${before}MAIL_PORT: 25\n`)
    expect(readFileSync(folder.join('config/.previous/config.yaml'), 'utf8')).toBe(before)
  })

  it('that is killed leaves the bundle of before or of after', async () => {
    const folder = configFolder()
    const bundle = (version: number) => ({
      'config.yaml': { ...working, REGISTRY_TITLE: `v${String(version)}` },
      certs: {
        'extra_ca_certs/version.crt': Buffer.from(`v${String(version)}`).toString('base64'),
      },
    })
    for (let round = 0; round < 4; round++) {
      const { call, child } = await startEditor(folder)
      if (round > 0) {
        const title = /REGISTRY_TITLE: (v\d+)/.exec(
          readFileSync(folder.join('config/config.yaml'), 'utf8'),
        )
        expect(readFileSync(folder.join('config/extra_ca_certs/version.crt'), 'utf8')).toBe(
          title?.[1],
        )
      }
      await call('POST', '/api/v1/config/deploy', bundle(round * 100))
      const endless = (async () => {
        for (let version = 1; ; version++) {
          await call('POST', '/api/v1/config/deploy', bundle(round * 100 + version))
        }
      })().catch(() => undefined)
      setTimeout(() => void child.kill9(), 40 + round * 37)
      await endless
    }
  })
})

describe('mooring config validate', () => {
  it('prints a table and fails where something is wrong', async () => {
    const folder = configFolder()
    writeFileSync(folder.join('config/config.yaml'), 'SERVER_HOSTNAME: registry.example\n')
    const args = ['config', 'validate', '-c', folder.join('config'), '-m', 'offline']
    const { code, stdout } = await tryProgram(process.execPath, [mooring, ...args], { env })
    expect(code).toBe(1)
    expect(stdout).toMatch(/\| Database +\| DB_URI is required\. +\| 🔴/)
    expect(stdout).toMatch(/\| HostSettings +\| - +\| 🟢/)
  })
})
