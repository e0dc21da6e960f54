import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { bundleClient, type BundleClient } from '../support/bundle-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const address = inject('postgresUrl')

/** Out of a registry and into it again, under another name, with everything that may happen. */
describe.runIf(address !== '')('bundles of a registry on PostgreSQL', () => {
  const name = `bundles_${randomBytes(8).toString('hex')}`
  const folder = createTemporaryFolder('bundle-postgresql')
  const carried = folder.join('carried')
  const map = ['[^/]+/quay/(.*)=mirror/$1']
  let server: TestServer
  let bundles: BundleClient
  let stock: Stock

  async function administer(statement: string): Promise<void> {
    const connection = new pg.Client({ connectionString: address })
    await connection.connect()
    await connection.query(statement).finally(() => connection.end())
  }
  const digestOn = async (repository: string, tag: string) =>
    (await server.client().getManifest(repository, tag)).header('docker-content-digest')

  beforeAll(async () => {
    await mkdir(carried)
    await administer(`create database ${name}`)
    const url = new URL(address)
    url.pathname = `/${name}`
    server = await startTestServer({
      env: {
        QUAY_OVERRIDE_CONFIG: JSON.stringify({
          ...{ DB_URI: url.href, DB_CONNECTION_ARGS: { sslmode: 'disable' } },
          ...{ SUPER_USERS: ['quay'], MOORING_BUNDLE_PATHS: [carried] },
        }),
      },
    })
    bundles = bundleClient(await server.signedIn())
    stock = await stockRegistry(server.client(), 'quay/stock', { largeBytes: 200_000 })
  })
  afterAll(async () => {
    await server.stop()
    await administer(`drop database ${name} with (force)`)
    await folder.remove()
  })

  it('come in whole, again, after a change, and with a deletion', async () => {
    const body = { selection: { repositories: [{ name: 'quay/stock' }] }, stream: 'site' }
    const first = await bundles.export({ ...body, to: 'first' })
    expect(first.error).toBeNull()
    const done = await bundles.import({ source: { path: 'first' }, map })
    expect(done.error).toBeNull()
    await requireStock(server.client(), { ...stock, repository: 'mirror/stock' })
    const again = await bundles.import({ source: { path: 'first' }, map })
    expect(again.result).toMatchObject({ changes: { tags: { new: 0, moved: 0, unchanged: 4 } } })

    const next = createOpaqueImage('next', [200_000, 10_000])
    await server.client().pushImage('quay/stock', 'large', next)
    await server.client().request('DELETE', '/v2/quay/stock/manifests/small')
    const mine = createOpaqueImage('mine', [5_000])
    await server.client().pushImage('mirror/stock', 'large', mine)
    const base = { kind: 'bundle', id: first.bundle_id }
    await bundles.export({ ...body, base, propose_deletions: true, to: 'second' })
    const chosen = await bundles.import({
      ...{ source: { path: 'second' }, map, on_conflict: 'rename', deletions: ['*:small'] },
    })
    expect(chosen.error).toBeNull()
    expect(await digestOn('mirror/stock', 'large')).toBe(mine.manifest.digest)
    expect(await digestOn('mirror/stock', 'large-site')).toBe(next.manifest.digest)
    expect((await server.client().getManifest('mirror/stock', 'small')).status).toBe(404)
    expect((await bundles.ledger()).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 5 }, () => 'done'),
    )
  })

  it('never share a number of their stream', async () => {
    const body = { selection: { repositories: [{ name: 'quay/stock' }] }, stream: 'crowd' }
    const begun = await Promise.all(
      ['a', 'b', 'c'].map((to) => bundles.begin('exports', { ...body, to })),
    )
    for (const { id } of begun) expect((await bundles.rested(id)).error).toBeNull()
    const crowd = (await bundles.bundles()).filter(({ stream }) => stream === 'crowd')
    expect(crowd.map(({ sequence }) => sequence).sort()).toEqual([1, 2, 3])
  })
})
