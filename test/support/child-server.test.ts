import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { spawnServer } from './child-server.ts'
import { until } from './until.ts'

const ready = `console.log('ready'); setInterval(() => {}, 1000);`

async function startScript(script: string) {
  const child = spawnServer(process.execPath, ['-e', script], { env: {} })
  await until('the program to be ready', () => child.output().includes('ready') || undefined)
  return child
}

describe('a child server', () => {
  it('ends when it is asked to', async () => {
    const child = await startScript(ready)
    expect(child.hasExited()).toBe(false)
    await child.stop()
    expect(child.hasExited()).toBe(true)
  })

  it('may be stopped after it was killed, and twice', async () => {
    const child = await startScript(ready)
    await child.kill9()
    await child.stop()
    await child.stop()
    expect(child.hasExited()).toBe(true)
  })

  it('that does not listen is killed, which is an error that shows what it printed', async () => {
    const child = await startScript(`process.on('SIGTERM', () => {}); ${ready}`)
    await expect(child.stop(200)).rejects.toThrow(/did not end within 200 ms\nready/)
    expect(child.hasExited()).toBe(true)
  })

  it('ends, and temporary folders go, with a test process that is ended', async () => {
    const support = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
    const test = await startScript(`
      const { spawnServer } = await import(${support('child-server.ts')})
      const { createTemporaryFolder } = await import(${support('temporary.ts')})
      const script = 'setInterval(() => {}, 1000)'
      const child = spawnServer(process.execPath, ['-e', script], { env: {} })
      console.log(JSON.stringify({ pid: child.pid, folder: createTemporaryFolder().path }))
      ${ready}`)
    const { pid, folder } = JSON.parse(test.output().split('\n')[0] ?? '') as {
      pid: number
      folder: string
    }
    expect(existsSync(folder)).toBe(true)
    expect(isRunning(pid)).toBe(true)
    await test.stop()
    expect(existsSync(folder)).toBe(false)
    await until('the child to be gone', () => !isRunning(pid) || undefined)
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
