import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnServer } from '../support/child-server.ts'
import { tryProgram } from '../support/cli.ts'
import { earlierLevels, makeOlder } from '../support/older-data.ts'
import { startTestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { createSeededRandom } from './seeded-random.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const folder = createTemporaryFolder('backup-crash')
const seed = String(Math.round(performance.timeOrigin))
const random = createSeededRandom(seed)
const env = { PATH: process.env['PATH'] ?? '' }
const kills = 4
const ports = ['--host', '127.0.0.1', '--port', '0', '--http-port', '0', '--metrics-port', '0']
const source = folder.join('source')
let stock: Stock

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await tryProgram(process.execPath, [mooring, ...args], { env })
  if (code !== 0) throw new Error(`seed ${seed}: ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** Runs a command and cuts its power somewhere between its first line of code and its end. */
async function killed(longestMs: number, ...args: readonly string[]): Promise<void> {
  const child = spawnServer(process.execPath, [mooring, ...args], { env, cwd: folder.path })
  await wait(150 + random.next() * (longestMs - 150))
  await child.kill9()
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

async function requireServing(dataDir: string): Promise<void> {
  await using server = await startTestServer({ dataDir })
  await requireStock(server.client(), stock)
}

beforeAll(async () => {
  await using server = await startTestServer({ dataDir: source })
  stock = await stockRegistry(server.client(), 'quay/stock', { largeBytes: 2_000_000 })
})
afterAll(() => folder.remove())

describe('power that goes', () => {
  it('while a backup is made leaves backups that are whole, or none', async () => {
    const target = folder.join('target')
    const create = ['backup', 'create', target, '--data', source] as const
    const tookMs = await timed(() => run(...create))
    for (let kill = 0; kill < kills; kill++) {
      if (kill % 2 === 0) rmSync(join(target, 'blobs'), { recursive: true, force: true })
      if (kill % 2 === 0) rmSync(join(target, 'backups'), { recursive: true, force: true })
      await killed(tookMs, ...create)
      const { backups } = JSON.parse(await run('backup', 'list', target, '--json')) as {
        backups: { id: string }[]
      }
      for (const { id } of backups) await run('backup', 'verify', `${target}/backups/${id}`)
    }
    await run(...create)
    await run('backup', 'verify', target)
    expect(existsSync(join(source, 'backup-work'))).toBe(false)
  })

  it('while a backup is restored leaves nothing, or all of it', async () => {
    const target = folder.join('kept')
    await run('backup', 'create', target, '--data', source)
    const restore = (dataDir: string) => ['backup', 'restore', target, '--data', dataDir] as const
    const tookMs = await timed(() => run(...restore(folder.join('timed'))))
    for (let kill = 0; kill < kills; kill++) {
      const dataDir = folder.join(`restored-${String(kill)}`)
      await killed(tookMs, ...restore(dataDir))
      // The same command again goes on; one that had come to its end says that all is there.
      const again = await tryProgram(process.execPath, [mooring, ...restore(dataDir)], { env })
      if (again.code !== 0) expect(again.stderr).toContain('MOOR-BAK-007')
      expect(existsSync(join(dataDir, 'restore.json'))).toBe(false)
      if (kill === 0) await requireServing(dataDir)
    }
  })

  it('while data is upgraded leaves what the next start brings up to date', async () => {
    const [level = ''] = earlierLevels
    makeOlder(join(source, 'mooring.db'), level)
    const dataDir = folder.join('upgraded')
    for (let kill = 0; kill < kills; kill++) {
      rmSync(dataDir, { recursive: true, force: true })
      cpSync(source, dataDir, { recursive: true, force: true })
      await killed(1_500, 'serve', '--data', dataDir, ...ports)
      if (kill % 2 === 0) await killed(1_500, 'serve', '--data', dataDir, ...ports)
      await requireServing(dataDir)
      expect(existsSync(join(dataDir, 'upgrade.json'))).toBe(false)
    }
  })
})
