import { readdirSync, renameSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { tryProgram } from '../support/cli.ts'
import {
  dumpOfPostgresql,
  earlierLevels,
  levelOf,
  makeNewer,
  makeOlder,
  makeOlderPostgresql,
} from '../support/older-data.ts'
import { createPostgresDatabase } from '../support/postgres-database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const folder = createTemporaryFolder('upgrade')
const dataDir = folder.join('data')
const databaseFile = join(dataDir, 'mooring.db')
const snapshots = () => readdirSync(join(dataDir, 'snapshots'))
let stock: Stock

async function withServer(work: (server: TestServer) => Promise<void>): Promise<void> {
  await using server = await startTestServer({ dataDir })
  await work(server)
}

/** A start that has to fail. @returns what it printed. */
async function failedStart(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const ports = ['--port', '0', '--http-port', '0', '--metrics-port', '0', '--host', '127.0.0.1']
  const { code, stdout, stderr } = await tryProgram(
    process.execPath,
    [mooring, 'serve', '--data', dataDir, ...ports],
    { env: { PATH: process.env['PATH'] ?? '', ...env }, cwd: folder.path },
  )
  expect(code).toBe(1)
  return stdout + stderr
}

beforeAll(() =>
  withServer(async (server) => {
    stock = await stockRegistry(server.client(), 'quay/stock', { largeBytes: 100_000 })
  }),
)
afterAll(() => folder.remove())

describe('the data of an earlier version', () => {
  it.each(earlierLevels)(
    'at %s is brought up to date, and kept as it was before',
    async (level) => {
      makeOlder(databaseFile, level)
      await withServer((server) => requireStock(server.client(), stock))
      const kept = snapshots().filter((name) => name.includes(level))
      expect(kept).toHaveLength(1)
      expect(levelOf(join(dataDir, 'snapshots', kept[0] ?? ''))).toBe(level)
      expect(snapshots().length).toBeLessThanOrEqual(3)
      expect(levelOf(databaseFile)).not.toBe(level)
    },
  )

  it('is put back when it does not work afterwards', async () => {
    const [level = ''] = earlierLevels
    makeOlder(databaseFile, level)
    renameSync(join(dataDir, 'storage'), join(dataDir, 'away'))
    const output = await failedStart(dataDir)
    expect(output).toContain('MOOR-DB-002')
    expect(output).toMatch(/no manifest of the kind .* can be read/)
    expect(levelOf(databaseFile)).toBe(level)
    expect(existsSync(join(dataDir, 'upgrade.json'))).toBe(false)

    renameSync(join(dataDir, 'storage'), join(dataDir, 'empty'))
    renameSync(join(dataDir, 'away'), join(dataDir, 'storage'))
    await withServer((server) => requireStock(server.client(), stock))
  })

  it('is left to the server by the other commands', async () => {
    const [level = ''] = earlierLevels
    makeOlder(databaseFile, level)
    const { code, stderr } = await tryProgram(
      process.execPath,
      [mooring, 'user', 'add', 'ada', '--data', dataDir],
      { env: { PATH: process.env['PATH'] ?? '' } },
    )
    expect(code).toBe(1)
    expect(stderr).toContain('MOOR-DB-004')
    expect(levelOf(databaseFile)).toBe(level)
  })
})

describe('the data of a later version', () => {
  it('is refused and left alone', async () => {
    makeNewer(databaseFile)
    const output = await failedStart(dataDir)
    expect(output).toContain('MOOR-DB-001')
    expect(output).toContain('9999-later')
    expect(levelOf(databaseFile)).toBe('9999-later')
  })
})

describe.skipIf(inject('postgresUrl') === '')(
  'the data of an earlier version on PostgreSQL',
  () => {
    it('is put back to the last row when it does not work afterwards', async () => {
      const database = await createPostgresDatabase(inject('postgresUrl'))
      const [level = ''] = earlierLevels
      const dataDir = folder.join('on-postgresql')
      const env = { QUAY_OVERRIDE_CONFIG: JSON.stringify(database.config) }
      try {
        const first = await startTestServer({ dataDir, env })
        const stock = await stockRegistry(first.client(), 'quay/stock', { largeBytes: 100_000 })
        await first.stop()
        makeOlderPostgresql(database.url, level)
        const before = dumpOfPostgresql(database.url, level)
        expect(before.split('\n').length).toBeGreaterThan(stock.blobs.length)

        renameSync(join(dataDir, 'storage'), join(dataDir, 'away'))
        const output = await failedStart(dataDir, env)
        expect(output).toContain('MOOR-DB-002')
        expect(output).toMatch(/no manifest of the kind .* can be read/)
        expect(existsSync(join(dataDir, 'upgrade.json'))).toBe(false)
        expect(dumpOfPostgresql(database.url, level)).toBe(before)

        renameSync(join(dataDir, 'storage'), join(dataDir, 'empty'))
        renameSync(join(dataDir, 'away'), join(dataDir, 'storage'))
        await using upgraded = await startTestServer({ dataDir, env })
        await requireStock(upgraded.client(), stock)
        expect(upgraded.output()).toContain('database upgraded')
      } finally {
        await database.drop()
      }
    })
  },
)
