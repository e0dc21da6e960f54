import { copyFile, mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient } from '../support/bundle-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startForwardProxy, type ForwardProxy } from '../support/forward-proxy.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('upstream-proxy')
const image = createOpaqueImage('behind the proxy', [2_000])
let proxy: ForwardProxy
let peer: PeerRegistry
let server: TestServer
let api: ApiClient

beforeAll(async () => {
  ;[proxy, peer] = await Promise.all([startForwardProxy(), startPeerRegistry()])
  await peer.client().pushImage('team/app', 'v1', image)
  const dataDir = folder.join('data')
  const authorities = folder.join('data/config/extra_ca_certs')
  await mkdir(authorities, { recursive: true })
  await copyFile(peer.caFile, `${authorities}/peer.crt`)
  const settings = {
    ...{ SUPER_USERS: ['quay'], FEATURE_PROXY_CACHE: true, FEATURE_ORG_MIRROR: true },
    ...{ FEATURE_REPO_MIRROR: true, SSRF_ALLOWED_HOSTS: ['127.0.0.1'] },
    HTTP_PROXY: `http://${proxy.host}`,
  }
  server = await startTestServer({
    dataDir,
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify(settings),
      // A name that nobody may make the registry call, except its operator.
      HTTPS_PROXY: proxy.host.replace('127.0.0.1', 'localhost'),
      NO_PROXY: '',
    },
  })
  api = await server.signedIn()
})
afterAll(async () => {
  await server.stop()
  await Promise.all([proxy.stop(), peer.stop()])
  await folder.remove()
})

async function organization(name: string): Promise<string> {
  await api.post('/api/v1/organization/', { name }, 201)
  return `/api/v1/organization/${name}`
}

it('a cache asks its upstream through the proxy of the site, and trusts the authority of the site', async () => {
  const path = await organization('cache')
  await api.post(
    `${path}/proxycache`,
    {
      upstream_registry: peer.host,
      upstream_registry_username: peer.username,
      upstream_registry_password: peer.password,
    },
    201,
  )
  const before = proxy.asked.length
  const manifest = await server.client().getManifest('cache/team/app', 'v1')
  expect(manifest.body.equals(image.manifest.bytes)).toBe(true)
  const [layer] = image.blobs
  const { digest } = await server.client().pullBlob('cache/team/app', layer?.digest ?? '')
  expect(digest).toBe(layer?.digest)
  expect(proxy.asked.slice(before)).toContain(`CONNECT ${peer.host}`)
})

it('so do bundles of images of other registries', async () => {
  const before = proxy.asked.length
  const { host, username, password } = peer
  const plan = await bundleClient(api).plan({
    selection: { list: `${host}/team/app:v1` },
    // Its connections are not those of the cache.
    upstreams: [{ host, username, password, verify_tls: false }],
  })
  expect(plan).toMatchObject({ images: 1, problems: [] })
  expect(proxy.asked.slice(before)).toContain(`CONNECT ${host}`)
})

it('and organizations that look for the repositories of others, of plain HTTP too', async () => {
  const path = await organization('follower')
  await api.put(`${path}/robots/mirror`, {}, 201)
  await api.post(
    `${path}/mirror`,
    {
      ...{ external_registry_type: 'harbor', external_registry_url: server.urls.http },
      ...{ external_namespace: 'acme', robot_username: 'follower+mirror' },
      ...{ visibility: 'private', sync_interval: 3_600 },
      ...{ sync_start_date: '2036-01-04T20:45:00Z' },
    },
    201,
  )
  await api.post(`${path}/mirror/verify`)
  const asked = proxy.asked.filter((line) => line.startsWith(`GET ${server.urls.http}/api/v2.0/`))
  expect(asked.length).toBeGreaterThan(0)
})
