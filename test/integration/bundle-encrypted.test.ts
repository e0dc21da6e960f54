import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { tryProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const hasAge = hasPrograms('age', 'age-keygen', 'tar')
if (!hasAge) process.stdout.write('encrypted bundles are left out: age is not installed\n')

const folder = createTemporaryFolder('bundle-encrypted')
const carried = folder.join('carried')
const place = (...names: string[]) => join(carried, ...names)
const mooring = join(projectRoot, 'server/bin/mooring.js')
const env = { PATH: process.env['PATH'] ?? '' }
const stockOnly = { selection: { repositories: [{ name: 'quay/stock' }] } }

describe.runIf(hasAge)('a bundle that is encrypted with age', () => {
  let source: TestServer
  let target: TestServer
  let targetApi: ApiClient
  let out: BundleClient
  let into: BundleClient
  let stock: Stock
  /** Of a person, made by age-keygen. */
  let keyFile: string
  let person: string
  let site: string

  const volumesIn = async (name: string) =>
    (await readdir(place(name))).filter((file) => file.endsWith('.age'))
  const program = (...args: string[]) =>
    tryProgram(process.execPath, [mooring, 'bundle', ...args], { env })
  const requireUntouched = async () => {
    expect(await targetApi.get('/api/v1/repository?namespace=quay')).toMatchObject({
      repositories: [],
    })
  }

  beforeAll(async () => {
    await mkdir(carried)
    keyFile = folder.join('key.txt')
    execFileSync('age-keygen', ['-o', keyFile], { stdio: 'ignore' })
    person = execFileSync('age-keygen', ['-y', keyFile]).toString().trim()
    const settings = {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        MOORING_BUNDLE_PATHS: [carried],
      }),
    }
    ;[source, target] = await Promise.all([
      startTestServer({ env: settings }),
      startTestServer({ env: settings }),
    ])
    targetApi = await target.signedIn()
    out = bundleClient(await source.signedIn())
    into = bundleClient(targetApi)
    stock = await stockRegistry(source.client(), 'quay/stock', { largeBytes: 900_000 })
    await into.trust('the source', (await out.trusted()).own.public_key)
    site = (await into.trusted()).own.recipient
  })
  afterAll(async () => {
    await Promise.all([source.stop(), target.stop()])
    await folder.remove()
  })

  it('is made for the recipients that sites show, in volumes that fit', async () => {
    const wish = { ...stockOnly, volume_size: '600K', encrypt: [`age:${site}`, person] }
    const plan = await out.plan(wish)
    const made = await out.export({ ...wish, to: 'sealed', stream: 'site' })
    expect(made.error).toBeNull()
    expect(made.result).toMatchObject({ kind: 'export', recipients: [site, person].sort() })
    const volumes = await volumesIn('sealed')
    expect(volumes.length).toBe(plan.volumes.length)
    expect(volumes.length).toBeGreaterThan(1)
    for (const name of volumes) {
      expect((await readFile(place('sealed', name))).length).toBeLessThanOrEqual(600_000)
    }
    const id = made.bundle_id ?? ''
    expect((await readdir(place('sealed'))).sort()).toEqual(
      [`bundle-${id}.README.txt`, ...volumes.flatMap((name) => [name, `${name}.sha256`])].sort(),
    )
    const [first = ''] = volumes
    for (const name of [first, `${first}.sha256`]) {
      const path = `/api/v1/mooring/jobs/${made.id}/files/${name}`
      const taken = await (await source.signedIn()).request('GET', path)
      expect(taken.status).toBe(200)
      expect(taken.body).toEqual(await readFile(place('sealed', name)))
    }
  })

  it('is refused for what is no recipient, for folders, and for nobody', async () => {
    const api = await source.signedIn()
    for (const [body, said] of [
      [{ encrypt: ['age1nobody'] }, 'MOOR-BND-040'],
      [{ encrypt: [person], format: 'directory' }, 'MOOR-BND-024'],
      [{ encrypt: [] }, 'too short'],
    ] as const) {
      const refused = await api.request('POST', '/api/v1/mooring/bundles/exports', {
        ...{ ...stockOnly, to: 'refused' },
        ...body,
      })
      expect(refused.status).toBe(400)
      expect(refused.text()).toContain(said)
    }
  })

  it('is opened by age and tar, and what comes out is a bundle', async () => {
    const opened = folder.join('opened')
    await mkdir(opened)
    for (const name of await volumesIn('sealed')) {
      const tar = execFileSync('age', ['-d', '-i', keyFile, place('sealed', name)])
      execFileSync('tar', ['-xC', opened, '--skip-old-files'], { input: tar })
    }
    for (const digest of stock.blobs.filter((one) => one.startsWith('sha256:'))) {
      const name = digest.slice('sha256:'.length)
      expect(await readdir(join(opened, 'blobs/sha256'))).toEqual(
        expect.arrayContaining([expect.stringMatching(`^${name}`)]),
      )
    }
    const sums = await tryProgram('sh', ['-c', 'sha256sum -c *.sha256'], {
      ...{ env, cwd: place('sealed') },
    })
    expect(sums.code).toBe(0)
  })

  it('is read on any machine with the identity, and says why it is not without', async () => {
    const [bare, sound, joined] = await Promise.all([
      program('inspect', place('sealed'), '--json'),
      program('verify', place('sealed'), '--identity', keyFile, '--json'),
      program('join', place('sealed'), '--identity', keyFile, '--to', folder.join('joined')),
    ])
    expect(bare).toMatchObject({ code: 1, stdout: '' })
    expect(bare.stderr).toContain('MOOR-BND-037')
    expect(JSON.parse(sound.stdout)).toMatchObject({ is_sound: true })
    expect(joined.code).toBe(0)
    expect(await readdir(folder.join('joined'))).toContain('oci-layout')
  })

  it('is not taken by a registry it is not for, unless somebody gives it the identity', async () => {
    const refused = await out.verify({ source: { path: 'sealed' } })
    expect(refused.error).toMatchObject({ code: 'MOOR-BND-038' })
    const identity = await readFile(keyFile, 'utf8')
    const read = await out.verify({ source: { path: 'sealed' }, identity })
    expect(read.result).toMatchObject({ kind: 'verify', is_sound: true })
    const seen = await out.inspect({ source: { path: 'sealed' }, identity })
    expect(seen.signature.state).toBe('trusted')
    const odd = await (
      await source.signedIn()
    ).request('POST', '/api/v1/mooring/bundles/imports', {
      ...{ source: { path: 'sealed' }, identity: 'AGE-SECRET-KEY-1NONE' },
    })
    expect(odd.status).toBe(400)
    expect(odd.text()).toContain('MOOR-BND-039')
    expect(odd.text()).not.toContain('AGE-SECRET-KEY-1NONE')
  })

  it('changes nothing when a byte was turned, or the end is gone', async () => {
    await cp(place('sealed'), place('turned'), { recursive: true })
    const [first = '', second = ''] = await volumesIn('turned')
    const bytes = await readFile(place('turned', second))
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    await writeFile(place('turned', second), bytes)
    expect((await into.import({ source: { path: 'turned' } })).error).toMatchObject({
      code: 'MOOR-BND-014',
    })
    const checked = await into.verify({ source: { path: 'turned' } })
    expect(checked.result).toMatchObject({ kind: 'verify', is_sound: false })
    await truncate(place('turned', first), 1_000)
    const short = await into.import({ source: { path: 'turned' } })
    expect(short.error?.code).toMatch(/MOOR-BND-01[45]/)
    await requireUntouched()
  })

  it('comes in at its site without any file, with the same digests', async () => {
    const { places } = (await targetApi.get('/api/v1/mooring/bundles/places')) as {
      places: { bundles: { path: string; id: string | null }[] }[]
    }
    const listed = places[0]?.bundles.find(({ path }) => path === place('sealed'))
    expect(listed?.id).toMatch(/^[0-9A-Z]{26}$/)
    const seen = await into.inspect({ source: { path: 'sealed' } })
    expect(seen).toMatchObject({ refusals: [], signature: { state: 'trusted' } })
    const done = await into.import({ source: { path: 'sealed' } })
    expect(done.error).toBeNull()
    await requireStock(target.client(), stock)
  })

  it('is made and brought in by commands', async () => {
    await source.client().pushImage('quay/app', 'v1', createOpaqueImage('app', [70_000]))
    const to = folder.join('by-command')
    const create = ['--encrypt', `age:${person}`, '--encrypt', site, '--to', to]
    const told = await source.mooring(['bundle', 'create', 'quay/app'], create)
    expect(told).toContain(`encrypted for ${person}`)
    const [folders, strange, known] = await Promise.all([
      source.tryMooring(
        ['bundle', 'create', 'quay/app'],
        ['--encrypt', person, '--format', 'directory', '--to', folder.join('refused')],
      ),
      source.tryMooring(['bundle', 'import', to], ['--dry-run']),
      target.mooring(['bundle', 'trust', 'list']),
    ])
    expect(folders.stderr).toContain('Only tar files are encrypted')
    expect(strange.stderr).toContain('MOOR-BND-038')
    expect(known).toContain(site)
    await Promise.all([
      source.mooring(['bundle', 'import', to], ['--dry-run', '--identity', keyFile]),
      target.mooring(['bundle', 'import', to]),
    ])
    expect((await target.client().getManifest('quay/app', 'v1')).status).toBe(200)
  })

  it('leaves nothing when it is given up', async () => {
    const { id } = await out.begin('exports', {
      ...{ ...stockOnly, to: 'given-up', encrypt: [site], rate: '100KB/s' },
    })
    await until('it to be begun', async () => {
      const names = await readdir(place('given-up')).catch(() => [])
      return names.some((name) => name.endsWith('.age.writing')) ? true : undefined
    })
    await out.change(id, 'cancel')
    await until('it to be gone', async () =>
      (await readdir(carried)).includes('given-up') ? undefined : true,
    )
  })

  it('goes on in the middle of a volume after a kill -9', async () => {
    const large = createOpaqueImage('large', [3_000_000, 2_000_000])
    await source.client().pushImage('quay/large', 'v1', large)
    const { id } = await out.begin('exports', {
      ...{ selection: { repositories: [{ name: 'quay/large' }] }, to: 'killed' },
      ...{ encrypt: [site], rate: '3MB/s' },
    })
    const growing = await until('some of it to be written', async () => {
      const names = await readdir(place('killed')).catch(() => [])
      const name = names.find((one) => one.endsWith('.writing'))
      const bytes = name === undefined ? undefined : await readFile(place('killed', name))
      return bytes !== undefined && bytes.length > 1_000_000 ? bytes : undefined
    })
    await source.kill9()
    await source.restart()
    out = bundleClient(await source.signedIn())
    const made = await out.rested(id)
    expect(made.error).toBeNull()
    const [name = ''] = await volumesIn('killed')
    const whole = await readFile(place('killed', name))
    // What was there is there still, under the same key.
    expect(whole.subarray(0, 800_000)).toEqual(growing.subarray(0, 800_000))
    const jobFiles = await readdir(join(source.dataDir, 'bundle-jobs'))
    expect(jobFiles.filter((file) => file.startsWith(id))).toEqual([])
    expect((await into.import({ source: { path: 'killed' } })).error).toBeNull()
  })
})
