import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleClient } from '../support/bundle-client.ts'
import { createClientHome, type ClientHome } from '../support/client-bench.ts'
import { hasPrograms } from '../support/programs.ts'
import { createRunnableImage } from '../support/sample-images.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

/** No transparency log: it would be a service on the internet. */
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--yes']
const asTag = '--new-bundle-format=false'
const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot || !hasPrograms('podman', 'cosign'))('images behind the gap', () => {
  const folder = createTemporaryFolder('client-bundle')
  const image = createRunnableImage('carried over')
  let target: TestServer
  let home: ClientHome
  let digest: string

  beforeAll(async () => {
    const env = {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        MOORING_BUNDLE_PATHS: [folder.path],
      }),
    }
    const source = await startTestServer({ env })
    target = await startTestServer({ env })
    home = createClientHome([source, target])
    digest = await source.client().pushImage('quay/carried', 'v1', image)
    const signed = `${source.host}/quay/carried@${digest}`
    await home.run('cosign', ['generate-key-pair'], { env: { COSIGN_PASSWORD: '' } })
    for (const how of [[asTag], []]) {
      const sign = ['sign', ...offline, '--key', 'cosign.key', ...how, signed]
      await home.run('cosign', sign, { env: { COSIGN_PASSWORD: '' } })
    }
    const out = bundleClient(await source.signedIn())
    const into = bundleClient(await target.signedIn())
    const made = await out.export({
      selection: { repositories: [{ name: 'quay/carried', tags: ['v1'] }] },
      to: 'carried',
    })
    expect(made.error).toBeNull()
    await into.trust('the source', (await out.trusted()).own.public_key)
    await source.stop()
    expect((await into.import({ source: { path: 'carried' } })).error).toBeNull()
  })
  afterAll(async () => {
    await target.stop()
    await home[Symbol.asyncDispose]()
    await folder.remove()
  })

  it('are pulled by podman under the same digest', async () => {
    const name = `${target.host}/quay/carried:v1`
    await home.run('podman', ['pull', '--quiet', name])
    const found = await home.run('podman', ['image', 'inspect', '--format', '{{.Digest}}', name])
    expect(found.trim()).toBe(digest)
  })

  it('have signatures that cosign verifies without any network but this one', async () => {
    const reference = `${target.host}/quay/carried@${digest}`
    const check = ['verify', '--key', 'cosign.pub', '--insecure-ignore-tlog=true']
    expect(await home.run('cosign', [...check, asTag, reference])).toContain(digest)
    expect(await home.run('cosign', [...check, reference])).toContain(digest)
  })
})
