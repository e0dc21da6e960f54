import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDistribution, createClientHome, type ClientHome } from '../support/client-bench.ts'
import { createOpaqueImage } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** No transparency log: it would be a service on the internet. */
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--yes']
const asTag = '--new-bundle-format=false'

/** What cosign keeps beside an image, how it is told to, and how it looks for it. */
const ways = {
  tag: { sign: [asTag], verify: [asTag], env: {} },
  bundle: { sign: [], verify: [], env: {} },
  referrer: {
    sign: [asTag, '--registry-referrers-mode=oci-1-1'],
    verify: [asTag, '--experimental-oci11'],
    env: { COSIGN_EXPERIMENTAL: '1' },
  },
} as const

describe.skipIf(isDistribution || !hasPrograms('cosign'))('what cosign signed upstream', () => {
  const digests = new Map<string, string>()
  let upstream: TestServer
  let server: TestServer
  let home: ClientHome
  const cosign = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    home.run('cosign', args, { env: { COSIGN_PASSWORD: '', ...env } })

  beforeAll(async () => {
    const settings = {
      FEATURE_PROXY_CACHE: true,
      FEATURE_REPO_MIRROR: true,
      SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
      SUPER_USERS: ['quay'],
    }
    ;[upstream, server] = await Promise.all([
      startTestServer(),
      startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } }),
    ])
    home = createClientHome([upstream, server])
    await cosign(['generate-key-pair'])
    await cosign(['generate-key-pair', '--output-key-prefix', 'other'])
    for (const tag of [...Object.keys(ways), 'foreign', 'unsigned']) {
      const digest = await upstream
        .client()
        .pushImage('quay/signed', tag, createOpaqueImage(tag, [100]))
      digests.set(tag, digest)
    }
    const sign = (tag: string, key: string, args: readonly string[], env = {}) => {
      const reference = `${upstream.host}/quay/signed@${digests.get(tag) ?? ''}`
      return cosign(['sign', ...offline, '--key', key, ...args, reference], env)
    }
    for (const [tag, way] of Object.entries(ways)) await sign(tag, 'cosign.key', way.sign, way.env)
    await sign('foreign', 'other.key', [asTag])
    const pem = readFileSync(upstream.caFile, 'utf8')
    const admin = await server.signedIn()
    await admin.post('/api/v1/mooring/certificates/trusted', { pem, name: 'upstream' })
  })
  afterAll(async () => {
    await home[Symbol.asyncDispose]()
    await server.stop()
    await upstream.stop()
  })

  async function expectVerified(repository: string): Promise<void> {
    for (const [tag, { verify, env }] of Object.entries(ways)) {
      const reference = `${server.host}/${repository}@${digests.get(tag) ?? ''}`
      const check = ['verify', '--key', 'cosign.pub', '--insecure-ignore-tlog=true']
      expect(await cosign([...check, ...verify, reference], env)).toContain(digests.get(tag))
    }
  }

  it('is verified through a cache', async () => {
    const admin = await server.signedIn()
    await admin.post('/api/v1/organization/', { name: 'hub', email: 'hub@example.com' }, 201)
    const config = {
      upstream_registry: `${upstream.host}/quay`,
      upstream_registry_username: upstream.username,
      upstream_registry_password: upstream.password,
    }
    await admin.post('/api/v1/organization/hub/proxycache', config, 201)
    await expectVerified('hub/signed')
  })

  it('is all that a mirror takes which was given the key', async () => {
    const admin = await server.signedIn()
    const repository = { namespace: 'quay', repository: 'strict', visibility: 'private' }
    await admin.post('/api/v1/repository', { ...repository, description: '' }, 201)
    await admin.put('/api/v1/user/robots/mirror', {}, 201)
    const path = '/api/v1/repository/quay/strict/mirror'
    const mirror = {
      external_reference: `${upstream.host}/quay/signed`,
      external_registry_username: upstream.username,
      external_registry_password: upstream.password,
      sync_interval: 86_400,
      skopeo_timeout_interval: 300,
      sync_start_date: '2090-01-01T00:00:00Z',
      root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
      robot_username: 'quay+mirror',
    }
    await admin.post(path, mirror, 201)
    const own = '/api/v1/mooring/repository/quay/strict/mirror'
    const key = readFileSync(home.folder.join('cosign.pub'), 'utf8')
    await admin.put(own, { signature_keys: [key] })
    await admin.post(`${path}/sync-now`, undefined, 204)
    const run = await until('the run', async () => {
      const { last_run: last } = (await admin.get(own)) as { last_run: { result: string } | null }
      return last === null || last.result === 'running' ? undefined : last
    })
    expect(run).toMatchObject({ result: 'partial', code: 'not_signed', tags: { failed: 2 } })
    const client = server.client()
    for (const [tag, digest] of digests) {
      const { status } = await client.headManifest('quay/strict', digest)
      expect([tag, status]).toEqual([tag, Object.hasOwn(ways, tag) ? 200 : 404])
    }
    await expectVerified('quay/strict')
  })
})
