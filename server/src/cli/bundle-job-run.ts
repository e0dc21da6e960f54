import { setTimeout as delay } from 'node:timers/promises'

import type { JobFact, JobResult } from '../features/bundles/bundle-job.ts'
import type { BundleJobKind, BundleJobRow } from '../features/bundles/bundle-job-store.ts'
import { CommandError } from './command-error.ts'
import { interruptSignal } from './interrupt.ts'
import { progressLine, type ShownProgress } from './progress-line.ts'
import type { CommandBundles } from './with-bundles.ts'

const lookForVolumesMs = 3_000

/** Runs a job here and waits for its end; one that was broken off before goes on. */
export async function runJob<K extends BundleJobKind>(
  bundles: CommandBundles,
  kind: K,
  options: unknown,
  { quiet, secrets }: { readonly quiet: boolean; readonly secrets?: unknown },
): Promise<JobResult & { kind: K }> {
  const { jobs } = bundles
  const found = await jobs.findBrokenOff(kind, options, secrets)
  const { id } = found ?? (await jobs.start(kind, options, null, { secrets }))
  return (await followJob(bundles, id, quiet)) as JobResult & { kind: K }
}

/** Runs a job that was begun. */
export async function followJob(
  { jobs, bus }: CommandBundles,
  id: string,
  quiet: boolean,
): Promise<JobResult> {
  const signal = interruptSignal()
  const isInterrupted = () => signal.aborted
  const line = progressLine({ quiet })
  const unsubscribe = bus.subscribe(({ topic, data }) => {
    if (topic === 'jobs' && data['id'] === id) line.show(data['progress'] as ShownProgress)
  })
  try {
    for (;;) {
      const job = await jobs.runNow(id, signal)
      if (job === undefined) throw new CommandError('the same is being done by another command')
      if (isInterrupted()) {
        throw new CommandError('interrupted; run the same command again to go on')
      }
      if (job.state !== 'waiting') return resultOf(job)
      const volumes = (JSON.parse(job.waiting_json ?? '[]') as number[]).join(', ')
      if (!quiet) process.stderr.write(`waiting for volume ${volumes}\n`)
      await delay(lookForVolumesMs, undefined, { signal }).catch(() => undefined)
      if (!isInterrupted()) await jobs.resume(id)
    }
  } finally {
    unsubscribe()
    line.end()
  }
}

function resultOf(job: BundleJobRow): JobResult {
  if (job.state === 'done' && job.result_json !== null) {
    return JSON.parse(job.result_json) as JobResult
  }
  const fact = job.error_json === null ? undefined : (JSON.parse(job.error_json) as JobFact)
  throw new CommandError(fact === undefined ? `the job is ${job.state}` : describeFact(fact))
}

export function describeFact({ code, message, volume, file, next_step }: JobFact): string {
  const known = message.includes(file ?? '') && (volume === null || message.includes('volume'))
  const place = [volume === null ? '' : `volume ${String(volume)}`, file ?? ''].filter(Boolean)
  const where = known || place.length === 0 ? '' : ` (${place.join(', ')})`
  const title = code.startsWith('MOOR-') ? `${code}: ` : ''
  return `${title}${message}${where}${next_step === null ? '' : `\n${next_step}`}`
}
