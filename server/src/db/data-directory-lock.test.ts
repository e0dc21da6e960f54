import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { lockDataDirectory } from './data-directory-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a second server on the same directory is told where and who', () => {
  const lock = lockDataDirectory(folder)
  expect(() => lockDataDirectory(folder)).toThrow(
    `data directory ${folder} is in use by another server (pid ${String(process.pid)})`,
  )
  lock.release()
  expect(existsSync(join(folder, 'mooring.pid'))).toBe(false)
  lockDataDirectory(folder).release()
})

test('a lock dies with its process, however that ends', async () => {
  const module = new URL('./data-directory-lock.ts', import.meta.url).href
  const script = `
    import { lockDataDirectory } from ${JSON.stringify(module)}
    lockDataDirectory(${JSON.stringify(folder)})
    process.stdout.write('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    expect(() => lockDataDirectory(folder)).toThrow(`(pid ${String(child.pid)})`)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const lock = lockDataDirectory(folder)
  expect(readFileSync(join(folder, 'mooring.pid'), 'utf8')).toBe(`${String(process.pid)}\n`)
  lock.release()
})
