import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { runProgram } from '../support/cli.ts'
import { startObjectStore } from '../support/object-store.ts'
import { createPostgresDatabase } from '../support/postgres-database.ts'
import { startTestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { requireStock, stockRegistry } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const folder = createTemporaryFolder('backup-places')
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram(process.execPath, [mooring, 'backup', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    cwd: folder.path,
  })
afterAll(() => folder.remove())

describe('a backup in a bucket', () => {
  it('is made, verified, added to, pruned and restored', async () => {
    await using bucket = await startObjectStore()
    await using server = await startTestServer()
    const stock = await stockRegistry(server.client(), 'quay/stock', {
      largeBytes: 20 * 1024 * 1024,
    })
    const target = `s3://${bucket.bucket}/site/one`
    const create = async () =>
      JSON.parse(await run(['create', target, '--data', server.dataDir, '--json'], bucket.env)) as {
        id: string
        content: { newBlobs: number }
      }
    expect((await create()).content.newBlobs).toBe(stock.blobs.length)
    const second = await create()
    expect(second.content.newBlobs).toBe(0)
    const pruned = await run(['prune', target, '--keep', '1', '--json'], bucket.env)
    expect(JSON.parse(pruned)).toMatchObject({ kept: [second.id], blobs: 0 })
    expect(bucket.keys().filter((key) => key.startsWith('site/one/blobs/'))).toHaveLength(
      stock.blobs.length,
    )
    expect(await run(['verify', target], bucket.env)).toContain('is sound')

    const dataDir = folder.join('from-bucket')
    await run(['restore', target, '--data', dataDir], bucket.env)
    await using restored = await startTestServer({ dataDir })
    await requireStock(restored.client(), stock)
  })
})

describe.skipIf(inject('postgresUrl') === '')('a backup of a registry on PostgreSQL', () => {
  it('is restored to another database', async () => {
    const source = await createPostgresDatabase(inject('postgresUrl'))
    const other = await createPostgresDatabase(inject('postgresUrl'))
    const override = { QUAY_OVERRIDE_CONFIG: JSON.stringify(source.config) }
    const moved = { QUAY_OVERRIDE_CONFIG: JSON.stringify(other.config) }
    try {
      const target = folder.join('postgresql')
      const server = await startTestServer({ env: override })
      const stock = await stockRegistry(server.client(), 'quay/stock', { largeBytes: 1_000_000 })
      try {
        const made = await run(['create', target, '--data', server.dataDir, '--json'], override)
        expect(JSON.parse(made)).toMatchObject({ database: { kind: 'postgresql' } })
      } finally {
        await server.stop()
      }
      const dataDir = folder.join('moved')
      await run(['restore', target, '--data', dataDir], moved)
      await using restored = await startTestServer({ dataDir, env: moved })
      await requireStock(restored.client(), stock)
      expect(await (await restored.signedIn()).get('/api/v1/user/')).toMatchObject({
        username: 'quay',
      })
    } finally {
      await source.drop()
      await other.drop()
    }
  })
})
