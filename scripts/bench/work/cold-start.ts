import { until } from '../child.ts'
import { seededTag } from '../seed.ts'
import { createSeeded, seededRepository } from '../seeded.ts'
import { freePort, spawnMooring } from '../peers.ts'
import type { Work } from '../context.ts'
import { median } from '../statistics.ts'
import { valueAtMost } from '../table.ts'
import { countText } from '../wording.ts'

/** From the start of the process to the first manifest that it sends. */
export const coldStart: Work = {
  key: 'cold-start',
  async run(context) {
    const tags = 100_000 * context.scale
    await using seeded = await createSeeded(context, tags)
    const samples: number[] = []
    for (let run = 0; run < context.runs; run++) {
      context.signal.throwIfAborted()
      const port = await freePort()
      const url = `http://127.0.0.1:${port}/v2/${seededRepository}/manifests/${seededTag(run)}`
      const started = performance.now()
      const child = spawnMooring(seeded.directory, ['--http-port', String(port)])
      try {
        await until(child, 30_000, () => answers(url, seeded.authorization))
        samples.push((performance.now() - started) / 1000)
      } finally {
        await child.stop()
      }
    }
    context.progress(`${this.key}: ${samples.map((value) => value.toFixed(3)).join(' ')}`)
    return [
      {
        work: `start to the first 200 with ${countText(tags)} tags`,
        unit: 's',
        mooring: median(samples),
        goal: valueAtMost(1),
      },
    ]
  },
}

async function answers(url: string, authorization: string): Promise<true | undefined> {
  const response = await fetch(url, { headers: { authorization } }).catch(() => undefined)
  await response?.body?.cancel()
  return response?.status === 200 ? true : undefined
}
