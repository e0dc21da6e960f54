import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

interface Selection {
  readonly id: string
  readonly next: string | null
  readonly directory: string
  readonly upstreams: unknown
  readonly last: { job_id: string; state: string; bundle_id: string } | null
}

const folder = createTemporaryFolder('bundle-selections')
const carried = folder.join('carried')
const path = '/api/v1/mooring/bundles/selections'
let server: TestServer
let api: ApiClient
let bundles: BundleClient

const find = async (id: string) => (await api.get(`${path}/${id}`)) as Selection
const push = (tag: string, bytes: number, repository = 'quay/app') =>
  server.client().pushImage(repository, tag, createOpaqueImage(tag, [bytes]))
const command = async (...args: string[]) =>
  JSON.parse(await server.mooring(['bundle', 'selection', ...args], ['--json'])) as Record<
    string,
    unknown
  >

beforeAll(async () => {
  await mkdir(carried)
  const config = { SUPER_USERS: ['quay'], MOORING_BUNDLE_PATHS: [carried] }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } })
  api = await server.signedIn()
  bundles = bundleClient(api)
  await push('v1', 300_000)
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const site = {
  ...{ name: 'site', stream: 'site', directory: 'site' },
  ...{ selection: { repositories: [{ name: 'quay/app' }] }, base: { kind: 'bundle' } },
}

it('runs again and again, each time into a folder of its own, with what is new', async () => {
  const { id, directory, next } = (await api.post(path, site, 201)) as Selection
  expect({ directory, next }).toEqual({ directory: `${carried}/site`, next: null })
  const run = async () => {
    const job = (await api.post(`${path}/${id}/run`, undefined, 202)) as { id: string }
    const done = await bundles.rested(job.id)
    expect(done.error).toBeNull()
    expect(await find(id)).toMatchObject({
      last: { job_id: job.id, state: 'done', bundle_id: done.bundle_id, message: null },
    })
    return done
  }
  const first = await run()
  await push('v2', 200_000)
  const second = await run()
  expect((await readdir(directory)).sort()).toEqual(
    [first, second].map(({ bundle_id }) => `bundle-${bundle_id ?? ''}`).sort(),
  )
  const [latest, before] = await bundles.bundles()
  expect(before).toMatchObject({ id: first.bundle_id, sequence: 1, base: { kind: 'none' } })
  expect(latest).toMatchObject({
    ...{ id: second.bundle_id, sequence: 2, base: { kind: 'bundle', id: first.bundle_id } },
  })
  expect(latest?.bytes).toBeLessThan(210_000)
  await api.request('DELETE', `${path}/${id}`)
  expect((await api.request('GET', `${path}/${id}`)).status).toBe(404)
})

it('keeps the last bundles of its own when it is told how many', async () => {
  const { id, directory } = (await api.post(
    path,
    {
      ...{ ...site, name: 'few', stream: 'few', directory: 'few', keep: 2 },
      selection: { repositories: [{ name: 'quay/few' }] },
    },
    201,
  )) as Selection
  const run = async () => {
    const job = (await api.post(`${path}/${id}/run`, undefined, 202)) as { id: string }
    const done = await bundles.rested(job.id)
    expect(done.error).toBeNull()
    return `bundle-${done.bundle_id ?? ''}`
  }
  await mkdir(`${directory}/bundle-of-somebody`)
  const [first, second] = [await pushAndRun('k1'), await pushAndRun('k2')]
  expect(await readdir(directory)).toHaveLength(3)
  // What somebody put something into is theirs.
  await writeFile(`${directory}/${second}/blobs/note.txt`, 'do not lose')
  const third = await pushAndRun('k3')
  expect((await readdir(directory)).sort()).toEqual(['bundle-of-somebody', second, third].sort())
  const fourth = await pushAndRun('k4')
  const fifth = await pushAndRun('k5')
  expect((await readdir(directory)).sort()).toEqual(
    ['bundle-of-somebody', second, fourth, fifth].sort(),
  )
  const listed = await bundles.bundles()
  const pathOf = (name: string) => listed.find((one) => `bundle-${one.id}` === name)?.path
  expect([first, second, third].map(pathOf)).toEqual([null, `${directory}/${second}`, null])
  const { logs } = (await api.get('/api/v1/superuser/logs')) as {
    logs: { kind: string; metadata: object }[]
  }
  const removals = logs.filter(({ kind }) => kind === 'bundle_folder_removed')
  expect(removals.map(({ metadata }) => metadata)).toMatchObject(
    [third, first].map((name) => ({ selection: 'few', path: `${directory}/${name}` })),
  )
  await api.request('DELETE', `${path}/${id}`)

  async function pushAndRun(tag: string): Promise<string> {
    await push(tag, 1_000, 'quay/few')
    return run()
  }
})

it('carries only what changed, has a label, or was pulled', async () => {
  const wish = (rules: object) => ({
    ...{ stream: 'site', base: { kind: 'bundle' } },
    selection: { repositories: [{ name: 'quay/app' }], ...rules },
  })
  const refusal = (rules: object) =>
    bundles.plan(wish(rules)).catch((error: unknown) => String(error))
  expect(await refusal({ changed: true })).toContain('Nothing has changed since the base.')
  expect(await refusal({ pulled_days: 7 })).toContain('has no tag')
  await push('v3', 1_000)
  expect(await bundles.plan(wish({ changed: true }))).toMatchObject({ images: 1 })
  expect(await bundles.plan(wish({}))).toMatchObject({ images: 3 })
  const digest = (await server.client().getManifest('quay/app', 'v2')).header(
    'docker-content-digest',
  )
  const label = { key: 'stage', value: 'released', media_type: 'text/plain' }
  await api.post(`/api/v1/repository/quay/app/manifest/${digest}/labels`, label, 201)
  const [biggest] = (await bundles.plan({ ...wish({ label: 'stage=released' }), base: undefined }))
    .biggest
  expect(biggest?.reference).toMatch(/quay\/app:v2$/)
  expect(await bundles.plan(wish({ label: 'stage' }))).toMatchObject({ images: 1 })
  expect(await refusal({ label: 'stage=other' })).toContain('has no tag')
})

it('does not run twice at once, and says when it runs next', async () => {
  const slow = { ...site, name: 'slow', rate: '1b/s', calendar: ['mon-fri@02:00'] }
  const { id, next } = (await api.post(path, slow, 201)) as Selection
  expect(next).not.toBeNull()
  const job = (await api.post(`${path}/${id}/run`, undefined, 202)) as { id: string }
  const again = await api.request('POST', `${path}/${id}/run`)
  expect([again.status, again.text()]).toEqual([400, expect.stringContaining('has not ended')])
  await bundles.change(job.id, 'cancel')
  expect(await find(id)).toMatchObject({ last: { job_id: job.id, state: 'cancelled' } })
  const quick = { ...slow, rate: undefined, calendar: [] }
  expect(await api.put(`${path}/${id}`, quick)).toMatchObject({ calendar: [], next: null })
  await api.request('DELETE', `${path}/${id}`)
})

it('is refused with what is wrong with it', async () => {
  const refused = async (change: object) =>
    (await api.request('POST', path, { ...site, ...change })).text()
  expect(await refused({ selection: {} })).toContain('Nothing is chosen.')
  expect(await refused({ calendar: ['later'] })).toContain('later')
  expect(await refused({ directory: '/etc' })).toContain('is no place for bundles')
  expect(await refused({ volume_size: 'floppy' })).toContain('floppy')
  expect(((await api.get(path)) as { selections: unknown[] }).selections).toEqual([])
})

it('is kept, shown and run by commands, which never tell a password', async () => {
  const authfile = folder.join('auth.json')
  const auth = Buffer.from('robot:a-secret-word').toString('base64')
  await writeFile(authfile, JSON.stringify({ auths: { 'far.example:8443': { auth } } }))
  const saved = await command(
    ...['save', 'nightly', 'quay/app:v1', '--at', '02:00', '--into', 'nightly'],
    ...['--stream', 'night', '--since', 'bundle', '--keep', '3', '--authfile', authfile],
  )
  const upstreams = [{ host: 'far.example:8443', username: 'robot', has_password: true }]
  expect(saved).toMatchObject({ name: 'nightly', calendar: ['02:00'], keep: 3, upstreams })
  expect(await command('show', 'nightly')).toMatchObject({ id: saved['id'], upstreams })
  const listed = await command('list')
  expect(listed).toMatchObject({ selections: [{ name: 'nightly', last: null }] })
  const { bundle_id: bundle, path: place } = await command('run', 'nightly')
  expect(place).toBe(`${String(saved['directory'])}/bundle-${String(bundle)}`)
  expect(await find(String(saved['id']))).toMatchObject({
    last: { state: 'done', bundle_id: bundle },
  })
  // A second save of the name replaces it, and leaves the rest as it was.
  expect(await command('save', 'nightly', 'quay/app:v2')).toMatchObject({ id: saved['id'] })
  for (const name of await readdir(server.dataDir, { recursive: true })) {
    const content = await readFile(`${server.dataDir}/${name}`).catch(() => Buffer.alloc(0))
    expect(content.includes('a-secret-word'), name).toBe(false)
  }
  expect(JSON.stringify([saved, listed])).not.toContain('a-secret-word')
  await command('delete', 'nightly')
  const gone = await server.tryMooring(['bundle', 'selection', 'show', 'nightly'])
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('no selection is named')])
})
