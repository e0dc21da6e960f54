import { expect, test } from 'vitest'
import { runTransferCrashes, transferText } from './transfer-crash.ts'
import { workNames } from './transfer-works.ts'

test('mirrors and bundles that are killed finish by themselves, whole', async () => {
  const seed = process.env['MOORING_CRASH_SEED'] ?? String(Math.round(performance.timeOrigin))
  const lines: string[] = []
  const summary = await runTransferCrashes({
    works: workNames,
    points: 1,
    pointsPerWorld: 1,
    largeBytes: 8_000_000,
    seed,
    progress: (line) => lines.push(line),
  }).catch((error: unknown) => {
    throw new Error([`seed ${seed}`, ...lines].join('\n'), { cause: error })
  })
  process.stdout.write(`seed ${seed}\n${transferText(summary)}\n`)
  for (const { kills } of summary.works) expect(kills).toBeGreaterThanOrEqual(1)
})
