import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { tryProgram } from '../support/cli.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const path = '/api/v1/mooring/support'
const program = join(projectRoot, 'server/bin/mooring.js')
const folder = createTemporaryFolder('support')
const name = 'registry.example'
const mailPassword = 'a-secret-for-mail'
let server: TestServer
let api: ApiClient

beforeAll(async () => {
  const override = { MAIL_PASSWORD: mailPassword, MAIL_SERVER: 'postbox', X_OTHER: mailPassword }
  server = await startTestServer({
    hostname: name,
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(override) },
  })
  api = await server.signedIn()
  await server.mooring(['user', 'add', 'lovelace'], ['--email', 'ada@corp.example'])
  await api.request('GET', '/api/v1/users/lovelace')
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

/** Everything that nobody outside may learn. */
function secrets(): readonly string[] {
  const config = readFileSync(join(server.dataDir, 'config/config.yaml'), 'utf8')
  const keys = [...config.matchAll(/^(?:DATABASE_)?SECRET_KEY: "?([^"\n]+)/gm)].map(
    ([, key = '']) => key,
  )
  expect(keys).toHaveLength(2)
  const pem = ['ssl.key', 'ca.key'].map((file) => {
    const text = readFileSync(join(server.dataDir, 'config', file), 'utf8')
    return text.split('\n')[1] ?? ''
  })
  return [...keys, ...pem, server.password, mailPassword, 'PRIVATE KEY']
}

async function download(query = '') {
  const answer = await api.request('GET', `${path}/bundle${query}`)
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBe('application/gzip')
  return answer
}

const json = (files: ReadonlyMap<string, string>, file: string): unknown =>
  JSON.parse(files.get(file) ?? 'null')

describe('a support bundle of a server', () => {
  it('holds what the preview says', async () => {
    const preview = (await api.get(path)) as {
      readonly masked: boolean
      readonly files: readonly { readonly name: string; readonly size_bytes: number }[]
    }
    expect(preview.masked).toBe(true)
    const answer = await download()
    const { disposition, files } = {
      disposition: String(answer.headers['content-disposition']),
      files: unpack(answer.body),
    }
    expect(disposition).toMatch(/^attachment; filename="mooring-support-\d{8}T\d{6}Z\.tar\.gz"$/)
    expect([...files.keys()]).toEqual(preview.files.map((one) => one.name))
    const sizes = new Map(preview.files.map((one) => [one.name, one.size_bytes]))
    expect(files.get('config.json')).toHaveLength(sizes.get('config.json') ?? -1)
    expect(json(files, 'health.json')).toMatchObject({ instance: { status_code: 200 } })
    expect(json(files, 'database.json')).toMatchObject({
      schema: { state: 'current' },
      rows: { user: 2 },
    })
    const { checks } = json(files, 'doctor.json') as { readonly checks: readonly object[] }
    expect(checks.find((one) => 'id' in one && one.id === 'database')).toMatchObject({
      state: 'ok',
    })
    expect(json(files, 'certificates.json')).toMatchObject({ server: { findings: [] } })
    expect(files.get('log.jsonl')).toContain('"msg":"server started"')
    for (const text of files.values()) expect(text).not.toContain('unavailable')
  })

  it('holds no secret, not even with names', async () => {
    for (const query of ['', '?names=true']) {
      const all = [...unpack((await download(query)).body).values()].join('\n')
      for (const secret of secrets()) expect(all).not.toContain(secret)
    }
  })

  it('names neither hosts nor people unless it shall', async () => {
    const masked = [...unpack((await download()).body).values()].join('\n')
    const shown = [...unpack((await download('?names=true')).body).values()].join('\n')
    for (const one of [name, 'lovelace', 'postbox']) expect(shown).toContain(one)
    for (const one of [name, hostname(), 'lovelace', 'postbox', 'corp.example', '"quay"']) {
      expect(masked).not.toContain(one)
    }
    expect(masked).toMatch(/host-\d/)
  })

  it('goes back as far as was asked', async () => {
    const answer = await api.request('GET', `${path}?hours=721`)
    expect(answer.status).toBe(400)
    expect(answer.text()).toContain('hours must be between 1 and 720')
  })

  it('is for superusers alone', async () => {
    for (const where of [path, `${path}/bundle`]) {
      expect((await server.api().request('GET', where)).status).toBe(401)
    }
  })
})

describe('mooring support-bundle', () => {
  const run = (file: string, ...more: readonly string[]) =>
    tryProgram(process.execPath, [program, 'support-bundle', file, ...more], {
      env: { PATH: process.env['PATH'] ?? '', QUAY_OVERRIDE_CONFIG: '{"MAIL_PASSWORD":"hidden"}' },
    })

  it('packs the same beside the server, with the log that it is shown', async () => {
    const log = folder.join('mooring.log')
    const now = new Date().toISOString()
    const lines = [
      { level: 'info', time: '2020-01-01T00:00:00.000Z', msg: 'long ago' },
      { level: 'info', time: now, username: 'lovelace', msg: 'hidden here', token: 'leaked' },
    ]
    writeFileSync(log, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const file = folder.join('bundle.tar.gz')
    const { code, stdout, stderr } = await run(file, '--data', server.dataDir, '--log', log)
    expect(`${code} ${stderr}`).toBe('0 ')
    expect(stdout).toContain(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const files = unpack(readFileSync(file))
    expect(files.get('log.jsonl')).toMatch(
      /^\{"level":"info","time":"[^"]+","username":"person-\d","msg":"\[redacted\] here","token":"\*+ \(6\)"\}\n$/,
    )
    expect(json(files, 'database.json')).toMatchObject({ rows: { user: 2 } })
    const again = await run(file, '--data', server.dataDir)
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('exists')
  })

  it('says what it could not read of a registry that is broken', async () => {
    const data = folder.join('empty')
    const file = folder.join('broken.tar.gz')
    const { code, stderr } = await run(file, '--data', data)
    expect(`${code} ${stderr}`).toBe('0 ')
    const files = unpack(readFileSync(file))
    expect(files.get('config.json')).toContain('unavailable')
    expect(files.get('doctor.json')).toContain('MOOR-CFG-101')
    expect(existsSync(data)).toBe(false)
  })
})

/** Files of a tar.gz by name, without the folder that they are in. */
function unpack(archive: Buffer): ReadonlyMap<string, string> {
  const tar = gunzipSync(archive)
  const files = new Map<string, string>()
  for (let at = 0; at < tar.length;) {
    const text = (from: number, to: number) =>
      tar.toString('utf8', at + from, at + to).replace(/\0.*$/s, '')
    const entry = text(0, 100)
    if (entry === '') break
    const size = parseInt(text(124, 136), 8)
    files.set(entry.slice(entry.indexOf('/') + 1), tar.toString('utf8', at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}
