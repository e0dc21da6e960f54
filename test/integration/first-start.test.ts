import { existsSync } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnServer } from '../support/child-server.ts'
import { tryProgram } from '../support/cli.ts'
import { createImage } from '../support/content.ts'
import { createHttpClient } from '../support/http-request.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const program = join(projectRoot, 'server/bin/mooring.js')
const env = { PATH: process.env['PATH'] ?? '' }
const freePorts = ['--port', '0', '--http-port', '0', '--metrics-port', '0']
const run = (args: readonly string[], extra: Record<string, string> = {}) =>
  tryProgram(process.execPath, [program, ...args], { env: { ...env, ...extra } })

describe('a first start', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.stop())

  it('prints the address, the account and how to trust the CA, once', async () => {
    expect(server.output()).toContain(`password  ${server.password}`)
    expect(server.output()).toMatch(/podman login -u quay /)
    expect(server.output()).toContain('/etc/containers/certs.d/')
    await server.restart()
    expect(server.output()).not.toContain(server.password)
  })

  it('serves the CA on both ports, the certificate that signed the server', async () => {
    const pem = await readFile(server.caFile, 'utf8')
    const http = createHttpClient({ ca: pem })
    for (const url of [server.urls.http, server.urls.https]) {
      for (const path of ['/ca.crt', '/.well-known/mooring/ca.crt']) {
        const answer = await http.request('GET', `${url}${path}`)
        expect([answer.status, answer.text()]).toEqual([200, pem])
      }
    }
    http.close()
  })

  it('answers health and metrics', async () => {
    const http = createHttpClient({ ca: await readFile(server.caFile) })
    const health = await http.request('GET', `${server.urls.https}/health/instance`)
    expect(health.json()).toEqual({
      data: {
        services: {
          auth: true,
          database: true,
          disk_space: true,
          registry_gunicorn: true,
          service_key: true,
          web_gunicorn: true,
        },
      },
      status_code: 200,
    })
    const metrics = await http.request('GET', `${server.urls.metrics}/metrics`)
    expect(metrics.text()).toContain('# TYPE quay_registry_image_pulls_total counter')
    expect((await http.request('GET', `${server.urls.https}/nothing`)).status).toBe(404)
    http.close()
  })

  it('keeps its secrets to itself', async () => {
    for (const file of ['config.yaml', 'ssl.key', 'ca.key', 'quay.pem']) {
      expect((await stat(join(server.dataDir, 'config', file))).mode & 0o077).toBe(0)
    }
    const shown = await run(['config', 'show', '--data', server.dataDir])
    const secret = /SECRET_KEY: (\S+)/.exec(
      await readFile(join(server.dataDir, 'config/config.yaml'), 'utf8'),
    )?.[1]
    expect(secret?.length).toBeGreaterThan(20)
    expect(shown.stdout).toContain('[redacted]')
    expect(shown.stdout).not.toContain(secret)
  })

  it('is refused a second time on the same data, naming the first', async () => {
    const second = await run(['serve', '--data', server.dataDir, ...freePorts])
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`data directory ${server.dataDir} is in use by another server`)
    expect(second.stderr).toContain(String(server.urls.pid))
  })

  it('shows its certificates', async () => {
    const shown = await run(['cert', 'show', '--data', server.dataDir])
    expect(shown.stdout).toMatch(/names +.*localhost.*127\.0\.0\.1.*::1/)
    const json = await run(['cert', 'show', '--json', '--data', server.dataDir])
    expect(JSON.parse(json.stdout)).toMatchObject({ authority: { isAuthority: true } })
  })

  it('drains on SIGTERM: a request under way ends well, then the process', async () => {
    const draining = await startTestServer()
    const client = draining.client()
    await client.pushImage('quay/drain', 'v1', createImage())
    // A pull that is not in the action log yet has to get there before the end.
    await client.getManifest('quay/drain', 'v1')
    const location = await client.startUpload('quay/drain')
    const rest = Promise.withResolvers<undefined>()
    const pieces = async function* () {
      yield Buffer.alloc(1 << 20, 1)
      await rest.promise
      yield Buffer.alloc(2 << 20, 2)
    }
    const upload = client.request('PATCH', location, { body: () => Readable.from(pieces()) })
    upload.catch(() => undefined)
    await until('the first bytes to arrive', async () => {
      const files = await readdir(join(draining.dataDir, 'storage/uploads'))
      const sizes = await Promise.all(
        files.map(
          async (file) => (await stat(join(draining.dataDir, 'storage/uploads', file))).size,
        ),
      )
      return sizes.some((size) => size > 0) || undefined
    })
    process.kill(draining.urls.pid, 'SIGTERM')
    await until(
      'the stop to begin',
      () => draining.output().includes('server stopping') || undefined,
    )
    rest.resolve(undefined)
    const answer = await upload
    expect([answer.status, answer.header('range')]).toEqual([202, `0-${(3 << 20) - 1}`])
    await until('the end', () => isGone(draining.urls.pid) || undefined)
    expect(draining.output()).toContain('server stopped')
    await draining.stop()
  })
})

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

describe('a start that cannot work says why', () => {
  it('names every wrong key of config.yaml, what was found and what is expected', async () => {
    await using folder = createTemporaryFolder('config')
    const server = spawnServer(
      process.execPath,
      [program, 'serve', '--data', folder.path, ...freePorts],
      { env },
    )
    const file = folder.join('config/config.yaml')
    await until('the first start', () => server.output().includes('server started') || undefined)
    await server.stop()
    const good = await readFile(file, 'utf8')
    const bad = good
      .replace('PREFERRED_URL_SCHEME: https', 'PREFERRED_URL_SCHEME: gopher')
      .replace(/SUPER_USERS:[^A-Z]*quay/, 'SUPER_USERS: 5')
    await writeFile(file, `${bad}\nMAXIMUM_LAYER_SIZE: big\n`)
    const second = await run(['serve', '--data', folder.path])
    expect(second.code).toBe(1)
    for (const key of ['PREFERRED_URL_SCHEME', 'MAXIMUM_LAYER_SIZE', 'SUPER_USERS']) {
      expect(second.stderr).toContain(key)
    }
    expect(second.stderr).toContain('gopher')
    expect(second.stderr).toContain('http, https')
  })

  it('names the port that is taken and what sets it', async () => {
    await using folder = createTemporaryFolder('port')
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    const refused = await run([
      'serve',
      '--data',
      folder.path,
      '--host',
      '127.0.0.1',
      '--port',
      port,
      '--http-port',
      '0',
      '--metrics-port',
      '0',
    ])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`port ${port}: another program has this port`)
    expect(refused.stderr).toContain('--port or MOORING_HTTPS_PORT')
    taken.close()
  })

  it('refuses an address of the other family, naming the field', async () => {
    await using folder = createTemporaryFolder('family')
    const refused = await run(
      ['serve', '--data', folder.path, '--host', '127.0.0.1', ...freePorts],
      {
        QUAY_OVERRIDE_CONFIG: '{"FEATURE_LISTEN_IP_VERSION":"IPv6"}',
      },
    )
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('FEATURE_LISTEN_IP_VERSION')
  })

  it('tells a command where there is no registry yet', async () => {
    await using folder = createTemporaryFolder('nowhere')
    const refused = await run(['user', 'add', 'ada', '--data', folder.path])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('holds no config.yaml')
    expect(existsSync(folder.join('mooring.db'))).toBe(false)
  })
})

describe('FEATURE_LISTEN_IP_VERSION', () => {
  it.each([
    ['IPv4', ['127.0.0.1'], ['[::1]']],
    ['IPv6', ['[::1]'], ['127.0.0.1']],
    ['dual-stack', ['127.0.0.1', '[::1]'], []],
  ] as const)('%s binds just that', async (family, reached, refused) => {
    await using folder = createTemporaryFolder('ip')
    const ready = folder.join('ready.json')
    const server = spawnServer(
      process.execPath,
      [program, 'serve', '--data', folder.join('data'), '--ready-file', ready, ...freePorts],
      {
        env: {
          ...env,
          QUAY_OVERRIDE_CONFIG: JSON.stringify({ FEATURE_LISTEN_IP_VERSION: family }),
        },
      },
    )
    const text = await until('the server', async () => {
      if (server.hasExited()) throw new Error(server.output())
      return existsSync(ready) ? (await readFile(ready, 'utf8')) || undefined : undefined
    })
    const urls = JSON.parse(text) as Record<'http' | 'https' | 'metrics', string>
    const http = createHttpClient({ ca: await readFile(folder.join('data/config/ca.crt')) })
    const ask = (name: 'http' | 'https' | 'metrics', host: string, path: string) => {
      const { protocol, port } = new URL(urls[name])
      return http.request('GET', `${protocol}//${host}:${port}${path}`)
    }
    try {
      for (const host of reached) {
        expect((await ask('https', host, '/v2/')).status).toBe(401)
        expect((await ask('http', host, '/v2/')).status).toBe(401)
        expect((await ask('metrics', host, '/metrics')).status).toBe(200)
      }
      for (const host of refused) {
        for (const name of ['http', 'https', 'metrics'] as const) {
          await expect(ask(name, host, '/')).rejects.toThrow(/ECONNREFUSED|EADDRNOTAVAIL/)
        }
      }
    } finally {
      http.close()
      await server.stop()
    }
  })
})
