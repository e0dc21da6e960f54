import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDistribution, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage } from '../support/content.ts'
import { readOciLayout } from '../support/oci-layout.ts'
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
