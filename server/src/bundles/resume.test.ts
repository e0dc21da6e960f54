import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import type { WriteOptions } from './bundle.ts'
import { createSample, readTree, testKey } from './bundle-suite.ts'
import { verifyBundle } from './verify-bundle.ts'
import { parseVolumeSize } from './volume-size.ts'
import { writeBundle } from './write-bundle.ts'

describe('a bundle that was broken off', () => {
  let folder: TemporaryFolder
  beforeAll(() => {
    folder = createTemporaryFolder('resume')
  })
  afterAll(async () => folder.remove())

  it.each(['directory', 'tar'] as const)(
    'comes out the same wherever that was (%s)',
    async (format) => {
      const { shelf, plan } = createSample(40_000)
      const base: WriteOptions = {
        ...{
          plan,
          source: shelf.source,
          to: folder.join(format, 'whole'),
          signer: testKey,
          format,
        },
        ...{ volumeSize: parseVolumeSize('80K'), verifyAfterWrite: true },
      }
      let steps = 0
      await writeBundle({ ...base, onProgress: () => steps++ })
      const whole = readTree(base.to)
      expect(steps).toBeGreaterThan(50)

      const to = folder.join(format, 'broken')
      let broken = 0
      let isDone = false
      // Each run is stopped a little later, and all go on in the same folder.
      for (let most = 1; !isDone; most += 3) {
        const stop = new AbortController()
        let seen = 0
        const onProgress = () => {
          if (++seen >= most) stop.abort()
        }
        try {
          await writeBundle({ ...base, to, onProgress, signal: stop.signal })
          isDone = true
        } catch (error) {
          expect((error as Error).name).toBe('AbortError')
          broken++
        }
      }
      expect(broken).toBeGreaterThan(10)
      expect(readTree(to)).toEqual(whole)
    },
  )

  it('comes out the same after SIGKILL at any time', async () => {
    const program = folder.join('write.ts')
    writeFileSync(program, writerProgram)
    const sound = folder.join('kill-sound')
    await runWriter(program, sound)
    const to = folder.join('killed')
    let kills = 0
    for (let delayMs = 0; ; delayMs += 110) {
      const child = startWriter(program, to)
      await Promise.race([once(child, 'exit'), once(child.stdout, 'data')])
      await Promise.race([once(child, 'exit'), sleep(delayMs)])
      if (child.exitCode !== null) break
      child.kill('SIGKILL')
      await once(child, 'exit')
      kills++
      if (kills >= 4) break
    }
    await runWriter(program, to)
    expect(kills).toBeGreaterThan(0)
    expect(readTree(to)).toEqual(readTree(sound))
    const report = await verifyBundle([to], { keys: [testKey.publicKey] })
    expect(report.isComplete).toBe(true)
    expect(readdirSync(to)).not.toContain('.mooring-writing.jsonl')
    // Seven processes are started, one after the other.
  }, 60_000)

  it('writes anew what it finds changed', async () => {
    const { shelf, plan } = createSample(40_000)
    const to = folder.join('changed')
    const stop = new AbortController()
    const options = { plan, source: shelf.source, to, signer: testKey }
    let steps = 0
    const onProgress = () => {
      if (++steps === 30) stop.abort()
    }
    await expect(writeBundle({ ...options, onProgress, signal: stop.signal })).rejects.toThrow()
    const names = [...readTree(to).keys()].filter((name) => name.startsWith('blobs/'))
    expect(names.length).toBeGreaterThan(3)
    for (const name of names) {
      const bytes = readTree(to).get(name) ?? Buffer.alloc(0)
      writeFileSync(`${to}/${name}`, Buffer.alloc(bytes.length, 'x'))
    }
    await writeBundle(options)
    expect((await verifyBundle([to])).isComplete).toBe(true)
  })
})

const here = import.meta.dirname

/** Slow enough to be killed in the middle. */
const writerProgram = `
import { createSample, testKey } from ${JSON.stringify(`${here}/bundle-suite.ts`)}
import { writeBundle } from ${JSON.stringify(`${here}/write-bundle.ts`)}
const { shelf, plan } = createSample(1_200_000)
const to = process.argv[2]
let isFirst = true
const onProgress = () => {
  if (isFirst) console.log('writing')
  isFirst = false
}
const bytesPerSecond = process.argv[3] === 'slow' ? 12_000_000 : undefined
await writeBundle({ plan, source: shelf.source, to, signer: testKey, onProgress, bytesPerSecond })
`

function startWriter(program: string, to: string, pace = 'slow') {
  return spawn(process.execPath, [program, to, pace], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function runWriter(program: string, to: string): Promise<void> {
  const child = startWriter(program, to, 'quick')
  child.stdout.resume()
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(code).toBe(0)
}
