import { mkdirSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { tryProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const mebibyte = 1 << 20
const env = { PATH: process.env['PATH'] ?? '' }
const folder = createTemporaryFolder('small-medium')
const medium = folder.join('medium')
mkdirSync(medium)
const mounted = await tryProgram(
  'mount',
  ['-t', 'tmpfs', '-o', 'size=6m,mode=0700', 'tmpfs', medium],
  { env },
)
const canMount = mounted.code === 0
if (!canMount) {
  process.stdout.write(
    `bundles on a small medium are left out: no small file system (${mounted.stderr.trim()})\n`,
  )
}

describe.runIf(canMount)('a bundle for a small medium', () => {
  let server: TestServer
  let bundles: BundleClient
  const selection = (name: string) => ({ selection: { repositories: [{ name: `quay/${name}` }] } })

  beforeAll(async () => {
    server = await startTestServer({
      env: {
        QUAY_OVERRIDE_CONFIG: JSON.stringify({
          SUPER_USERS: ['quay'],
          MOORING_BUNDLE_PATHS: [medium],
        }),
      },
    })
    bundles = bundleClient(await server.signedIn())
    const client = server.client()
    await client.pushImage('quay/large', 'v1', createOpaqueImage('large', [8 * mebibyte]))
    const small = createOpaqueImage('small', [1.5 * mebibyte, 1.5 * mebibyte])
    await client.pushImage('quay/small', 'v1', small)
  })
  afterAll(async () => {
    await server.stop()
    await tryProgram('umount', [medium], { env })
    await folder.remove()
  })

  it('that it does not fit is known before anything is written', async () => {
    const plan = await bundles.plan({ ...selection('large'), to: 'large' })
    expect(plan.fits).toBe(false)
    const failed = await bundles.export({ ...selection('large'), to: 'large', stream: 'stick' })
    expect(failed.error?.code).toBe('MOOR-BND-030')
    expect(await readdir(medium)).toEqual([])
  })

  it('goes on when somebody else filled the medium meanwhile and made room again', async () => {
    const { id } = await bundles.begin('exports', {
      ...{ ...selection('small'), to: 'small', rate: '2MB/s', stream: 'stick' },
    })
    await until('some of it to be written', async () => {
      const { progress } = await bundles.job(id)
      return progress.phase === 'writing' && progress.done > 0.3 * mebibyte ? true : undefined
    })
    const filler = join(medium, 'filler')
    await writeFile(filler, Buffer.alloc(6 * mebibyte, 1)).catch(() => undefined)
    const failed = await bundles.rested(id)
    expect(failed.error).toMatchObject({ code: 'MOOR-BND-030' })
    expect(await readdir(join(medium, 'small'))).toContain('UNFINISHED.txt')
    const refused = await bundles.inspectAnyhow({ source: { path: 'small' } })
    expect(refused.text()).toContain('MOOR-BND-003')
    await rm(filler)
    await bundles.resume(id)
    expect(await bundles.rested(id)).toMatchObject({ progress: { state: 'done' }, error: null })
    const checked = await bundles.verify({ source: { path: 'small' } })
    expect(checked.result).toMatchObject({ is_sound: true })
    expect((await bundles.bundles())[0]).toMatchObject({ stream: 'stick', sequence: 1 })
  })
})
