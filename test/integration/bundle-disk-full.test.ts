import { mkdirSync } from 'node:fs'
import { readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSeededRandom } from '../crash/seeded-random.ts'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { tryProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const mebibyte = 1 << 20
const env = { PATH: process.env['PATH'] ?? '' }
const folder = createTemporaryFolder('bundle-full')
const medium = folder.join('site')
const plenty = 192 * mebibyte

const mount = (size: number, option: string) =>
  tryProgram('mount', ['-t', 'tmpfs', '-o', `${option},size=${String(size)}`, 'tmpfs', medium], {
    env,
  })
mkdirSync(medium)
const mounted = await mount(plenty, 'mode=0700')
if (mounted.code !== 0) {
  process.stdout.write(`imports on a full medium are left out: ${mounted.stderr.trim()}\n`)
}
afterAll(async () => {
  await tryProgram('umount', [medium], { env })
  await folder.remove()
})

/**
 * Room for so many bytes and files from now on, as if somebody else had taken the rest. Nobody looks
 * beforehand whether there is room for a file, so that is where the middle of an import breaks.
 */
async function leave(bytes: number, files: number): Promise<void> {
  const { blocks, bfree, bsize, files: all, ffree } = await statfs(medium)
  const size = (blocks - bfree) * bsize + bytes
  const { code, stderr } = await mount(size, `remount,nr_inodes=${String(all - ffree + files)}`)
  if (code !== 0) throw new Error(stderr)
}

describe.runIf(mounted.code === 0)('a medium that fills up', () => {
  const random = createSeededRandom('bundles on full media')
  let source: TestServer
  let site: TestServer
  let near: RegistryClient
  let far: RegistryClient
  let out: BundleClient
  let into: BundleClient

  beforeAll(async () => {
    const settings = { SUPER_USERS: ['quay'], MOORING_BUNDLE_PATHS: [folder.path] }
    const override = { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) }
    ;[source, site] = await Promise.all([
      startTestServer({ env: override }),
      startTestServer({ env: override, dataDir: medium }),
    ])
    near = source.client()
    far = site.client()
    out = bundleClient(await source.signedIn())
    into = bundleClient(await site.signedIn())
    await into.trust('the source', (await out.trusted()).own.public_key)
  })
  afterAll(async () => {
    await source.stop()
    await site.stop()
  })

  it('while a bundle comes in changes nothing, and it comes in once there is room', async () => {
    for (let round = 0; round < 8; round++) {
      const name = `in-${String(round)}`
      const image = createOpaqueImage(
        name,
        Array.from({ length: 12 }, (_, at) => 40_000 + at),
      )
      await near.pushImage(`quay/${name}`, 'v1', image)
      const path = folder.join(name)
      const selection = { repositories: [{ name: `quay/${name}` }] }
      expect((await out.export({ selection, to: path, verify: false })).error).toBeNull()

      // The first is told before it begins.
      await (round === 0 ? leave(200_000, 1_000) : leave(plenty, random.below(12)))
      const bundle = { source: { path } }
      const refused = await into.import(bundle)
      expect(refused).toMatchObject({
        progress: { state: 'failed', phase: round === 0 ? 'checking' : 'content' },
        error: { code: round === 0 ? 'MOOR-BND-030' : 'storage-full' },
      })
      expect((await far.getManifest(`quay/${name}`, 'v1')).status).toBe(404)
      expect(await readdir(join(medium, 'storage/uploads'))).toEqual([])

      await leave(plenty, 10_000)
      // As the failed job says, or as somebody does who begins anew.
      if (round % 2 === 0) await into.resume(refused.id)
      const done = await (round % 2 === 0 ? into.rested(refused.id) : into.import(bundle))
      expect(done).toMatchObject({ progress: { state: 'done' }, error: null })
      const pulled = await far.getManifest(`quay/${name}`, 'v1')
      expect(pulled.body.equals(image.manifest.bytes)).toBe(true)
      for (const { digest } of image.blobs) {
        expect((await far.pullBlob(`quay/${name}`, digest)).digest).toBe(digest)
      }
    }
  })
})
