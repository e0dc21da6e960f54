import { setTimeout as delay } from 'node:timers/promises'
import { memoryOf } from '../child.ts'
import type { BenchContext, Work } from '../context.ts'
import { pushBlob } from '../curl.ts'
import { namespace, type Peer } from '../peers.ts'
import { valueAtMost, type Finding } from '../table.ts'
import { sizeText } from '../wording.ts'

const repository = `${namespace}/memory`
const megabyte = 1e6

/** What the processes keep resident, after their start and at the worst moment of many pushes. */
export const memory: Work = {
  key: 'memory',
  async run(context) {
    const pushers = 20
    const idle = await onFreshServers(context, async (peer) => {
      await delay(1000, undefined, { signal: context.signal })
      return (await memoryOf(peer.pid)).nowBytes / megabyte
    })
    const [idleMooring = 0, idleDistribution] = idle
    const findings: Finding[] = [
      {
        work: 'resident memory, idle',
        unit: 'MB',
        mooring: idleMooring,
        ...(idleDistribution === undefined ? {} : { other: idleDistribution }),
        goal: valueAtMost(150),
      },
    ]
    const peer = await context.startMooring({ folder: context.spaciousFolder })
    try {
      const authorization = await peer.authorization(repository)
      const target = {
        origin: peer.origins.http,
        repository,
        authorization,
        signal: context.signal,
      }
      const blobs = await context.sources.freshSparse(pushers)
      await Promise.all(blobs.map((blob) => pushBlob(target, blob)))
      findings.push({
        work: `resident memory, most during ${pushers} pushes of ${sizeText(context.blobBytes)} at once`,
        unit: 'MB',
        mooring: (await memoryOf(peer.pid)).peakBytes / megabyte,
        goal: valueAtMost(350),
      })
    } finally {
      await peer.stop()
    }
    context.progress(`${this.key}: ${findings.map(({ mooring }) => mooring.toFixed(0)).join(' ')}`)
    return findings
  },
}

async function onFreshServers(
  context: BenchContext,
  measure: (peer: Peer) => Promise<number>,
): Promise<number[]> {
  const values: number[] = []
  for (const start of [() => context.startMooring(), () => context.startDistribution()]) {
    const peer = await start()
    try {
      values.push(await measure(peer))
    } finally {
      await peer.stop()
    }
  }
  return values
}
