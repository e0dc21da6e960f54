import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createClientHome,
  isDistribution,
  startClientBench,
  type ClientBench,
  type ClientHome,
} from '../support/client-bench.ts'
import { createImage, createOpaqueImage } from '../support/content.ts'
import { readOciLayout } from '../support/oci-layout.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { hasPrograms } from '../support/programs.ts'
import { createMultiArchImage } from '../support/sample-images.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const isRoot = process.getuid?.() === 0

describe.skipIf(isDistribution || !isRoot || !hasPrograms('podman', 'skopeo', 'runc'))(
  'through a cache of another Mooring',
  () => {
    let upstream: TestServer
    let bench: ClientBench
    beforeAll(async () => {
      const settings = {
        FEATURE_PROXY_CACHE: true,
        SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
        SUPER_USERS: ['quay'],
      }
      ;[upstream, bench] = await Promise.all([
        startTestServer(),
        startClientBench({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } }),
      ])
      const admin = await cacheServer().signedIn()
      const trusted = { pem: readFileSync(upstream.caFile, 'utf8'), name: 'upstream' }
      await admin.post('/api/v1/mooring/certificates/trusted', trusted)
      await admin.post('/api/v1/organization/', { name: 'hub', email: 'hub@example.com' }, 201)
      const config = {
        upstream_registry: `${upstream.host}/quay`,
        upstream_registry_username: upstream.username,
        upstream_registry_password: upstream.password,
      }
      const tried = '/api/v1/organization/hub/validateproxycache'
      expect(await admin.post(tried, config, 202)).toBe('Valid')
      await admin.post('/api/v1/organization/hub/proxycache', config, 201)
    })
    afterAll(async () => {
      await bench[Symbol.asyncDispose]()
      await upstream.stop()
    })

    function cacheServer(): TestServer {
      if (bench.server === undefined) throw new Error('the registry under test is no Mooring')
      return bench.server
    }

    it('podman pulls an image, and once more after the upstream has gone', async () => {
      const image = createImage({ layers: [[{ name: 'a', content: 'cached' }]] })
      await upstream.client().pushImage('quay/app', 'v1', image)
      const multi = createMultiArchImage('cached')
      for (const one of multi.images) {
        await upstream.client().pushImage('quay/multi', one.manifest.digest, one)
      }
      await upstream.client().putManifest('quay/multi', 'v1', multi.index)

      const name = `${bench.registry.host}/hub/app:v1`
      await bench.run('podman', ['pull', '-q', name])
      const inspect = ['image', 'inspect', '--format', '{{.Digest}}', name]
      expect((await bench.run('podman', inspect)).trim()).toBe(image.manifest.digest)

      const layout = bench.folder.join('multi')
      const source = `docker://${bench.registry.host}/hub/multi:v1`
      await bench.run('skopeo', ['copy', '--all', source, `oci:${layout}:v1`])
      expect(readOciLayout(layout)).toContain(multi.index.digest)

      await upstream.kill9()
      await bench.run('podman', ['rmi', '--force', name])
      await bench.run('podman', ['pull', '-q', name])
      expect((await bench.run('podman', inspect)).trim()).toBe(image.manifest.digest)
    })
  },
)

const needed = ['oras', 'docker-registry']

describe.skipIf(isDistribution || !hasPrograms(...needed))(
  'through a cache of a registry that lists no referrers',
  () => {
    let upstream: PeerRegistry
    let server: TestServer
    let home: ClientHome
    beforeAll(async () => {
      const settings = {
        FEATURE_PROXY_CACHE: true,
        SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
        SUPER_USERS: ['quay'],
      }
      ;[upstream, server] = await Promise.all([
        startPeerRegistry(),
        startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } }),
      ])
      home = createClientHome([upstream, server])
      const admin = await server.signedIn()
      const pem = readFileSync(upstream.caFile, 'utf8')
      await admin.post('/api/v1/mooring/certificates/trusted', { pem, name: 'upstream' })
      await admin.post('/api/v1/organization/', { name: 'hub', email: 'hub@example.com' }, 201)
      const config = {
        upstream_registry: upstream.host,
        upstream_registry_username: upstream.username,
        upstream_registry_password: upstream.password,
      }
      await admin.post('/api/v1/organization/hub/proxycache', config, 201)
    })
    afterAll(async () => {
      await home[Symbol.asyncDispose]()
      await server.stop()
      await upstream.stop()
    })

    it('oras discovers what was attached upstream, what was attached later too, and pulls it', async () => {
      await upstream.client().pushImage('team/app', 'v1', createOpaqueImage('subject', [100]))
      const discover = async () => {
        const reference = `${server.host}/hub/team/app:v1`
        const said = await home.run('oras', ['discover', '--format', 'json', reference])
        const { referrers = [] } = JSON.parse(said) as {
          referrers?: { artifactType: string; digest: string }[]
        }
        return referrers
      }
      const attach = async (kind: string) => {
        writeFileSync(home.folder.join(`${kind}.json`), JSON.stringify({ kind }))
        const type = ['--artifact-type', `application/vnd.test.${kind}`]
        const subject = `${upstream.host}/team/app:v1`
        await home.run('oras', ['attach', ...type, subject, `${kind}.json`])
      }
      await attach('sbom')
      const [sbom, ...others] = await discover()
      expect(others).toEqual([])
      expect(sbom?.artifactType).toBe('application/vnd.test.sbom')
      await attach('scan')
      const types = (await discover()).map(({ artifactType }) => artifactType)
      expect(types.sort()).toEqual(['application/vnd.test.sbom', 'application/vnd.test.scan'])

      const reference = `${server.host}/hub/team/app@${sbom?.digest ?? ''}`
      await home.run('oras', ['pull', '--output', 'pulled', reference])
      expect(readFileSync(home.folder.join('pulled/sbom.json'), 'utf8')).toBe('{"kind":"sbom"}')
    })
  },
)
