import { statSync } from 'node:fs'
import { readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { bundleClient, type BundleClient, type BundleJobAnswer } from '../support/bundle-client.ts'
import { digestOn, startBundleSites, type BundleSites } from '../support/bundle-sites.ts'
import { tryProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import type { TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const folder = createTemporaryFolder('bundle-choices')
const carried = folder.join('carried')
let sites: BundleSites
let source: TestServer
let target: TestServer
let targetApi: ApiClient
let out: BundleClient
let into: BundleClient

const rowsOf = ({ result }: BundleJobAnswer) =>
  result?.kind === 'import' ? result.changes.rows : []
const deletionsOf = ({ result }: BundleJobAnswer) =>
  result?.kind === 'import' ? result.changes.deletions : []
const push = async (server: TestServer, repository: string, tag: string, sizes: number[]) => {
  const image = createOpaqueImage(`${repository}:${tag}`, sizes)
  await server.client().pushImage(repository, tag, image)
  return image.manifest.digest
}
const all = (name: string) => ({ selection: { repositories: [{ name }] }, stream: 'site' })
let host: string

beforeAll(async () => {
  sites = await startBundleSites(carried, { FEATURE_IMMUTABLE_TAGS: true })
  ;({ source, target, targetApi, out, into } = sites)
  const { own } = await out.trusted()
  await into.trust('the source', own.public_key)
})
afterAll(async () => {
  await sites[Symbol.asyncDispose]()
  await folder.remove()
})

describe('an import with conflicts', () => {
  const repository = 'quay/app'
  const theirs: Record<string, string> = {}
  const mine: Record<string, string> = {}

  beforeAll(async () => {
    for (const tag of ['a', 'b', 'c', 'fixed', 'gone']) {
      await push(source, repository, tag, [1_000])
    }
    host = (await out.plan(all(repository))).biggest[0]?.reference.split('/')[0] ?? ''
    await out.export({ ...all(repository), to: 'first' })
    await into.import({ source: { path: 'first' } })
    for (const tag of ['a', 'b', 'c']) mine[tag] = await push(target, repository, tag, [2_000])
    await targetApi.put(`/api/v1/repository/${repository}/tag/fixed`, { immutable: true }, 201)
    for (const tag of ['a', 'b', 'c', 'fixed']) {
      theirs[tag] = await push(source, repository, tag, [3_000])
    }
    await source.client().request('DELETE', `/v2/${repository}/manifests/gone`)
    await out.export({ ...all(repository), to: 'second', propose_deletions: true })
  })

  it('shows each with what may be chosen', async () => {
    const { changes } = await into.inspect({ source: { path: 'second' } })
    const found = changes?.rows.map(({ tag, conflict, choices, what }) => [
      ...[tag, conflict, what],
      choices.join(' '),
    ])
    expect(found?.sort()).toEqual([
      ['a', 'changed-here', 'moved', 'keep take rename'],
      ['b', 'changed-here', 'moved', 'keep take rename'],
      ['c', 'changed-here', 'moved', 'keep take rename'],
      ['fixed', 'immutable', 'kept', 'keep rename'],
    ])
    const reference = `${host}/${repository}:gone`
    expect(changes?.deletions).toMatchObject([{ reference, what: 'proposed', reason: null }])
  })

  it('brings what was chosen one by one, and keeps to that the next time', async () => {
    const options = {
      source: { path: 'second' },
      on_conflict: 'keep',
      choices: [
        { repository, tag: 'b', choice: 'take' },
        { repository, tag: 'c', choice: 'rename' },
        { repository, tag: 'fixed', choice: 'rename' },
      ],
    }
    const done = await into.import(options)
    expect(done.error).toBeNull()
    expect(rowsOf(done).filter(({ renamed_to }) => renamed_to !== null)).toMatchObject([
      { tag: 'c', renamed_to: 'c-site', what: 'new' },
      { tag: 'fixed', renamed_to: 'fixed-site', what: 'new' },
    ])
    expect(await digestOn(target, repository, 'a')).toBe(mine['a'])
    expect(await digestOn(target, repository, 'b')).toBe(theirs['b'])
    expect(await digestOn(target, repository, 'c')).toBe(mine['c'])
    expect(await digestOn(target, repository, 'c-site')).toBe(theirs['c'])
    expect(await digestOn(target, repository, 'fixed-site')).toBe(theirs['fixed'])
    const again = await into.import(options)
    expect(rowsOf(again).find(({ tag }) => tag === 'a')).toMatchObject({
      ...{ what: 'kept', reason: 'changed-here' },
    })
    expect(rowsOf(again).find(({ tag }) => tag === 'c')).toMatchObject({ what: 'unchanged' })
  })

  it('deletes only what was proposed and chosen', async () => {
    const source = { path: 'second' }
    const other = await into.import({ source, deletions: [`${host}/${repository}:b`] })
    expect(deletionsOf(other)).toMatchObject([{ what: 'proposed' }])
    expect(await digestOn(target, repository, 'gone')).toBeDefined()
    const chosen = await into.import({ source, on_conflict: 'keep', deletions: ['*'] })
    expect(deletionsOf(chosen)).toMatchObject([{ what: 'deleted', reason: null }])
    expect((await target.client().getManifest(repository, 'gone')).status).toBe(404)
    expect(await digestOn(target, repository, 'b')).toBe(theirs['b'])
    const { logs } = (await targetApi.get(`/api/v1/repository/${repository}/logs`)) as {
      logs: { kind: string; metadata: { tag?: string } }[]
    }
    expect(logs.find(({ kind }) => kind === 'delete_tag')?.metadata.tag).toBe('gone')
  })

  it('does not delete what was changed here', async () => {
    await push(target, repository, 'gone', [4_000])
    await push(source, repository, 'gone', [1_000])
    await out.export({ ...all(repository), to: 'third' })
    await into.import({ source: { path: 'third' }, on_conflict: 'take', allow_rollback: true })
    const changed = await push(target, repository, 'gone', [5_000])
    await source.client().request('DELETE', `/v2/${repository}/manifests/gone`)
    await out.export({ ...all(repository), to: 'fourth', propose_deletions: true })
    const done = await into.import({ source: { path: 'fourth' }, deletions: ['*'] })
    expect(deletionsOf(done)).toMatchObject([{ what: 'kept', reason: 'changed-here' }])
    expect(await digestOn(target, repository, 'gone')).toBe(changed)
  })

  it('takes only what the policy takes', async () => {
    const { own } = await out.trusted()
    const look = async (policy: Readonly<Record<string, unknown>>) =>
      into.inspect({ source: { path: 'first' }, map: ['[^/]+/(.*)=strict/$1'], policy })
    expect((await look({ signed_by: ['0000000000000000'] })).refusals).toMatchObject([
      { code: 'MOOR-BND-035' },
    ])
    expect((await look({ signed_by: [own.key_id] })).refusals).toEqual([])
    for (const policy of [
      { repositories: ['other/*'] },
      { max_image_bytes: 100 },
      { media_types: ['application/vnd.docker.*'] },
    ]) {
      const { changes } = await look(policy)
      expect(new Set(changes?.rows.map(({ reason }) => reason))).toEqual(new Set(['policy']))
    }
    const refused = await into.import({
      ...{ source: { path: 'first' }, policy: { signed_by: ['0000000000000000'] } },
    })
    expect(refused.error).toMatchObject({ code: 'MOOR-BND-035' })
  })

  it('is decided on the command line as well', async () => {
    const map = '[^/]+/quay/(.*)=typed/$1'
    const policy = folder.join('policy.yaml')
    await writeFile(policy, 'repositories: ["typed/*"]\nmax_image_bytes: 100000\n')
    const run = (path: string, ...options: string[]) =>
      target.mooring(
        ['bundle', 'import', `${carried}/${path}`],
        ['--map', map, '--policy', policy, ...options],
      )
    await run('first')
    const kept = await push(target, 'typed/app', 'a', [9_000])
    const told = await run('second', '--choose', 'typed/app:a=rename', '--delete', '*:gone')
    expect(told).toContain('typed/app:a came in as a-site')
    expect(told).toContain('deleted typed/app:gone')
    expect(await digestOn(target, 'typed/app', 'a')).toBe(kept)
    expect(await digestOn(target, 'typed/app', 'a-site')).toBe(theirs['a'])
    await expect(run('second', '--choose', 'typed/app:a')).rejects.toThrow('--choose is')
  })
})

describe('a damaged bundle that is looked at', () => {
  it('is told volume by volume, by the registry and by the command', async () => {
    const repository = 'quay/damaged'
    await push(source, repository, 'v1', [300_000, 300_001, 300_002])
    await out.export({ ...all(repository), to: 'damaged', volume_size: '400000' })
    const volume = (n: number) => `${carried}/damaged/vol-00${String(n)}`
    const [blob = ''] = (await readdir(`${volume(1)}/blobs/sha256`, { recursive: true })).flatMap(
      (name) => (statSync(`${volume(1)}/blobs/sha256/${name}`).size >= 300_000 ? [name] : []),
    )
    await truncate(`${volume(1)}/blobs/sha256/${blob}`, 10)
    await writeFile(`${volume(2)}/stranger`, 'x')
    await rm(`${volume(3)}/SHA256SUMS`)
    const seen = await into.inspect({ source: { path: 'damaged' } })
    expect(seen.volumes).toMatchObject([
      { n: 1, state: 'damaged', facts: [{ code: 'MOOR-BND-015', volume: 1 }] },
      { n: 2, state: 'damaged', facts: [{ code: 'MOOR-BND-016', file: 'stranger' }] },
      { n: 3, state: 'damaged', facts: [{ code: 'MOOR-BND-003' }] },
    ])
    expect(seen.changes?.tags).toMatchObject({ new: 1 })
    expect(seen.refusals).toHaveLength(3)
    const told = await tryProgram(
      process.execPath,
      [join(projectRoot, 'server/bin/mooring.js'), 'bundle', 'inspect', `${carried}/damaged`],
      { env: { PATH: process.env['PATH'] ?? '' } },
    )
    expect(told).toMatchObject({ code: 1 })
    expect(told.stdout).toContain(`! MOOR-BND-015: A file is not of its length. volume 1`)
    const refused = await into.import({ source: { path: 'damaged' } })
    expect(refused.error?.code).toMatch(/^MOOR-BND-/)
  })
})

describe('a receipt', () => {
  it('tells the source which images clients asked for in vain', async () => {
    expect((await target.client().getManifest('quay/nothing', 'v1')).status).toBe(404)
    const { own } = await into.trusted()
    await out.trust('the site', own.public_key)
    // What was counted is written once a minute, and when the server ends.
    await target.restart()
    into = bundleClient(await target.signedIn())
    const receipt = await into.receipt()
    const added = (await out.addReceipt({ document: receipt.document ?? '' })) as {
      wanted: string[]
    }
    expect(added.wanted.some((image) => image.endsWith('quay/nothing:v1'))).toBe(true)
  })
})
