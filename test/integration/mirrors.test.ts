import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArtifact, createIndex, createOpaqueImage } from '../support/content.ts'
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import {
  organization,
  ownPathOf,
  pathOf,
  robot,
  startMirroringSite,
  waiting,
  type MirroringSite,
} from '../support/mirroring-site.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const mebibyte = 1024 * 1024
let site: MirroringSite

beforeAll(async () => {
  site = await startMirroringSite()
})
afterAll(() => site[Symbol.asyncDispose]())

it('does not trust the certificate of an authority that nobody knows, until it is added', async () => {
  await site.source.pushImage('library/web', 'v1', createOpaqueImage('web-1', [100]))
  await site.createMirror('web', {
    root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*', 'multi'] },
  })
  expect(await site.ended('web')).toMatchObject({ result: 'failed', code: 'tls_error' })
  const folder = join(site.server.dataDir, 'config/extra_ca_certs')
  await mkdir(folder, { recursive: true })
  await copyFile(site.peer.caFile, join(folder, 'peer.crt'))
  await until(
    'the authority to be trusted',
    async () => ((await site.syncAgain('web')).result === 'success' ? true : undefined),
    waiting,
  )
  expect(await site.mirrorOf('web')).toMatchObject({
    sync_status: 'SUCCESS',
    sync_retries_remaining: 3,
  })
})

describe('a mirror', () => {
  it('has what the upstream has, byte for byte, by its schedule', async () => {
    const child = createOpaqueImage('web-multi', [100])
    await site.source.pushImage('library/web', child.manifest.digest, child)
    const index = createIndex([
      { manifest: child.manifest, platform: { os: 'linux', architecture: 'amd64' } },
    ])
    await site.source.putManifest('library/web', 'multi', index)
    await site.source.pushImage('library/web', 'v2', createOpaqueImage('web-2', [100]))
    await site.source.pushImage('library/web', 'edge', createOpaqueImage('web-edge', [100]))
    const before = (await site.detailsOf('web')).last_run?.id
    await site.api.put(pathOf('web'), { sync_start_date: '2020-01-01T00:00:00Z' }, 201)
    const run = await site.ended('web', before)
    expect(run).toMatchObject({ result: 'success', tags: { matched: 3, new: 2, unchanged: 1 } })
    expect(await site.tagsOf('web')).toEqual(['multi', 'v1', 'v2'])
    for (const tag of ['multi', 'v1', 'v2']) await site.expectSame('web', tag)
    const { sync_start_date: next } = await site.mirrorOf('web')
    expect(Date.parse(next ?? '')).toBeGreaterThan(Date.now())
    const kinds = (await site.logsOf('web')).map(({ kind }) => kind)
    for (const kind of ['started', 'tag_success', 'success']) {
      expect(kinds).toContain(`repo_mirror_sync_${kind}`)
    }
  })

  it('takes pushes from its robot only, which cannot be deleted', async () => {
    const image = createOpaqueImage('pushed', [100])
    const tokenOf = async (name: string) => {
      const path = `/api/v1/organization/${organization}/robots/${name}`
      return ((await site.api.get(path)) as { token: string }).token
    }
    const push = async (username: string, password: string) => {
      const client = site.server.client({ username, password })
      await client.pushImage(`${organization}/web`, 'pushed', image)
    }
    await site.api.put(
      `/api/v1/repository/${organization}/web/permissions/user/${organization}+other`,
      {
        role: 'write',
      },
    )
    await expect(push(`${organization}+other`, await tokenOf('other'))).rejects.toThrow()
    await expect(push(site.server.username, site.server.password)).rejects.toThrow()
    await push(robot, await tokenOf('mirror'))
    expect(await site.tagsOf('web')).toContain('pushed')
    const robots = `/api/v1/organization/${organization}/robots`
    expect(await site.api.delete(`${robots}/mirror`, 400)).toMatchObject({
      message: 'Robot is being used by a mirror',
    })
    const answer = await site.api.request('DELETE', `/api/v1/repository/${organization}/web/tag/v1`)
    expect(answer.status).toBe(503)
  })

  it('loses what does not match any more, and keeps everything when nothing matches', async () => {
    await site.api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*'] } },
      201,
    )
    expect(await site.syncAgain('web')).toMatchObject({ result: 'success', tags: { removed: 2 } })
    expect(await site.tagsOf('web')).toEqual(['v1', 'v2'])
    await site.api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['x'] } },
      201,
    )
    expect(await site.syncAgain('web')).toMatchObject({ result: 'success', tags: { matched: 0 } })
    expect(await site.tagsOf('web')).toEqual(['v1', 'v2'])
  })

  it('shows before what it would do', async () => {
    const preview = await site.api.post(`${ownPathOf('web')}/preview`, {
      patterns: ['*'],
      rules: { newest: 1, exclude: ['multi'] },
    })
    expect(preview).toMatchObject({ total: 4, matched: 1, tags: ['v2'] })
    await site.api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v2', 'edge'] } },
      201,
    )
    expect(await site.api.post(`${ownPathOf('web')}/dry-run`)).toMatchObject({
      complete: true,
      counts: { new: 1, unchanged: 1, removed: 1, updated: 0, failed: 0 },
    })
    expect(await site.tagsOf('web')).toEqual(['v1', 'v2'])
  })

  it('is as before when a run fails', async () => {
    await site.api.put(
      pathOf('web'),
      { root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*'] } },
      201,
    )
    const broken = createOpaqueImage('web-broken', [100])
    await site.source.pushImage('library/web', 'v3', broken)
    await site.source.pushImage('library/web', 'v1', createOpaqueImage('web-1-changed', [100]))
    const [layer] = broken.blobs
    await site.source.request('DELETE', `/v2/library/web/blobs/${layer?.digest ?? ''}`)
    const before = await site.registry.getManifest(`${organization}/web`, 'v1')
    const run = await site.syncAgain('web')
    expect(run).toMatchObject({ result: 'partial', code: 'not_found', tags: { failed: 1 } })
    expect(await site.tagsOf('web')).toEqual(['v1', 'v2'])
    const after = await site.registry.getManifest(`${organization}/web`, 'v1')
    expect(after.body.equals(before.body)).toBe(true)
    expect(await site.mirrorOf('web')).toMatchObject({
      sync_status: 'FAIL',
      sync_retries_remaining: 2,
    })
    const failed = (await site.logsOf('web')).find(({ kind }) => kind === 'repo_mirror_sync_failed')
    expect(failed?.metadata).toMatchObject({ verb: 'end', tags: 'v1, v2, v3(FAILED)' })
    await site.source.request('DELETE', `/v2/library/web/manifests/${broken.manifest.digest}`)
  })
})

describe('a run on a slow link', () => {
  const large = createOpaqueImage('large', [3 * mebibyte, 3 * mebibyte])
  let link: CuttingProxy

  beforeAll(async () => {
    link = await startCuttingProxy(site.peer.host)
    await site.source.pushImage('library/large', 'v1', large)
    link.change({ bytesPerSecond: 2.5 * mebibyte })
    await site.createMirror('large', {
      external_reference: `${link.host}/library/large`,
      is_enabled: false,
    })
  })
  afterAll(() => link.stop())

  const copying = () =>
    until(
      'some bytes',
      async () => {
        const { progress } = await site.detailsOf('large')
        return progress !== null && progress.done > mebibyte ? progress : undefined
      },
      waiting,
    )

  it('ends soon after it was cancelled, and may be asked for again', async () => {
    await site.api.post(`${pathOf('large')}/sync-now`, undefined, 204)
    const { current, layers } = await copying()
    expect(current).toBe('v1')
    expect(layers.length).toBeGreaterThan(0)
    for (const layer of layers) {
      expect(layer).toMatchObject({ tag: 'v1', total: 3 * mebibyte })
      expect(layer.done).toBeLessThan(layer.total)
    }
    await site.api.post(`${pathOf('large')}/sync-now`, undefined, 404)
    await site.api.post(`${pathOf('large')}/sync-cancel`, undefined, 204)
    const run = await site.ended('large')
    expect(run).toMatchObject({ result: 'cancelled', code: 'cancelled' })
    expect(await site.mirrorOf('large')).toMatchObject({ sync_status: 'CANCEL' })
    expect(await site.tagsOf('large')).toEqual([])
    await site.api.post(`${pathOf('large')}/sync-cancel`, undefined, 404)
  })

  it('goes on after the server was killed, with what it had', async () => {
    const { last_run: before } = await site.detailsOf('large')
    await site.api.post(`${pathOf('large')}/sync-now`, undefined, 204)
    const run = await until('the next run', async () => {
      const { last_run: last } = await site.detailsOf('large')
      return last !== null && last.id !== before?.id ? last : undefined
    })
    await until(
      'the first layer',
      () => (link.bytesDown > 4.5 * mebibyte ? true : undefined),
      waiting,
    )
    await site.cutPower()
    const end = await site.ended('large', before?.id)
    expect(end).toMatchObject({ id: run.id, result: 'success', tags: { new: 1 } })
    await site.expectSame('large', 'v1')
    // Both runs and the restart together: nearly nothing came twice.
    expect(link.bytesDown).toBeLessThan(9 * mebibyte)
  })
})

it('follows another Mooring, with signatures, and lets go of it', async () => {
  await using upstream = await startTestServer()
  const client = upstream.client()
  const account = await upstream.signedIn()
  await account.post('/api/v1/organization/', { name: 'base', email: 'b@example.com' }, 201)
  const image = createOpaqueImage('signed', [100])
  await client.pushImage('base/tool', '1.0', image)
  const signature = createArtifact({
    artifactType: 'application/vnd.example.signature',
    subject: image.manifest,
  })
  await client.pushImage('base/tool', signature.manifest.digest, signature)
  await site.createMirror('tool', {
    external_reference: `${upstream.host}/base/tool`,
    external_registry_username: upstream.username,
    external_registry_password: upstream.password,
    external_registry_config: { verify_tls: false },
  })
  expect(await site.ended('tool')).toMatchObject({ result: 'success', tags: { new: 1 } })
  const referrers = await site.registry.listReferrers(`${organization}/tool`, image.manifest.digest)
  expect(referrers.map(({ digest }) => digest)).toEqual([signature.manifest.digest])
  await site.api.delete(ownPathOf('tool'), 204)
  expect(await site.tagsOf('tool')).toEqual(['1.0'])
  expect(await site.api.get(`/api/v1/repository/${organization}/tool`)).toMatchObject({
    state: 'NORMAL',
  })
  await site.registry.pushImage(`${organization}/tool`, 'own', image)
})
