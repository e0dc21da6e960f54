// The entry of `npm test`: what the tests need from the machine first, then Vitest, then one line
// with the totals, which is always the last one.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { provideClientTools } from './client-tools.ts'
import { findElectron } from '@mooring/electron/find-electron'
import { provideDebianTree } from './debian-tree.ts'
import { groupsNeeded, provideSystemPackages } from './system-packages.ts'
import { totalsFileVariable, type TestTotals } from './test-totals.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const groups = groupsNeeded(args)
  for (const line of await provideSystemPackages(groups)) console.log(line)
  for (const line of groups.has('clients') ? await provideClientTools(root) : []) console.log(line)
  for (const line of groups.has('clients') ? await provideDebianTree(root) : []) console.log(line)
  for (const line of explainMissingElectron(args)) console.log(line)

  const folder = mkdtempSync(join(tmpdir(), 'mooring-test-'))
  const totalsFile = join(folder, 'totals.json')
  try {
    const status = await runVitest(args, totalsFile)
    const totals = readTotals(totalsFile)
    const died = status !== 0 && totals.failed === 0
    const failed = totals.failed + (died || !totals.finished ? 1 : 0)
    const ran = totals.passed + failed > 0
    for (const name of totals.retried) console.log(`tried again: ${name}`)
    console.log(`${totals.passed} passed, ${failed} failed, ${totals.skipped} skipped`)
    return status !== 0 ? status : failed > 0 || !ran ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Nothing downloads Electron; its own test runs where somebody put it. */
function explainMissingElectron(args: readonly string[]): readonly string[] {
  const isAsked = !args.some((arg) => arg.startsWith('--project')) || args.includes('integration')
  if (!isAsked || findElectron(process.env).program !== undefined) return []
  return ['left out: the desktop program itself (missing: electron; nothing downloads it)']
}

function runVitest(args: readonly string[], totalsFile: string): Promise<number> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=./scripts/test-totals.ts']
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [totalsFileVariable]: totalsFile },
  })
  const forward = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', forward)
  process.on('SIGTERM', forward)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      if (signal !== null) console.log(`the test run was ended by ${signal}`)
      resolve(code ?? 1)
    })
  })
}

function readTotals(file: string): TestTotals {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestTotals
  } catch {
    return { passed: 0, failed: 0, skipped: 0, retried: [], finished: false }
  }
}
