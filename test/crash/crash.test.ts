import { expect, test } from 'vitest'
import { runCrashCycles } from './crash-run.ts'
import { summaryText } from './summary.ts'

// One second is what an idle machine needs; this one also runs the other tests.
const restartLimitMs = 3000

test('nothing acknowledged is lost when the server is killed at random', async () => {
  const seed = String(Math.round(performance.timeOrigin))
  const lines: string[] = [`seed ${seed}`]
  const summary = await runCrashCycles({
    cycles: 5,
    pushers: 3,
    seed,
    cyclesPerFolder: 5,
    progress: (line) => lines.push(line),
  }).catch((error: unknown) => {
    throw new Error(lines.join('\n'), { cause: error })
  })
  process.stdout.write(`seed ${seed}; ${summaryText(summary)}\n`)
  expect(summary.kills).toBeGreaterThanOrEqual(5)
  expect(summary.blobs).toBeGreaterThan(0)
  expect(summary.manifests).toBeGreaterThan(0)
  expect(Math.max(...summary.restartsMs)).toBeLessThan(restartLimitMs)
})
