import { bundleApi } from '../features/bundles/bundle-api.ts'
import { bundleJobApi } from '../features/bundles/bundle-job-api.ts'
import { bundleTrustApi } from '../features/bundles/bundle-trust-api.ts'
import { bundleUploadApi } from '../features/bundles/bundle-upload-api.ts'
import { receiptApi } from '../features/bundles/receipt-api.ts'
import { selectionApi } from '../features/bundles/selection-api.ts'
import { pinStore } from '../features/bundles/pin-store.ts'
import { Worker, type Step } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'
import { createBundleParts } from './bundle-parts.ts'

const lookEveryMs = 5_000
const jobsAtOnce = 3
const timesEveryMs = 20_000
const hourMs = 3_600_000

/** Bundles: what goes across the air gap, and what comes. */
export function wireBundles(foundation: Foundation): Area {
  const { parts, people, pageTokens, live, copying, upstreams: client } = foundation
  const { config, database, clock, log } = parts
  const { fetches } = copying
  const bundles = createBundleParts({ ...parts, people, bus: live.bus, client, fetches })
  const { jobs, list, trust, encryption, receipts, missing, schedule, selections } = bundles
  const step: Step = (stopping) =>
    live.mode.isOn() ? Promise.resolve('idle') : jobs.step(stopping)
  // A slow medium keeps nobody else waiting; the lock of a job keeps two from taking the same.
  const workers = Array.from(
    { length: jobsAtOnce },
    (_, at) =>
      new Worker({
        ...{ name: `bundles-${String(at + 1)}`, step, everyMs: lookEveryMs, log },
        pausing: 'at-once',
      }),
  )
  jobs.attach(() => {
    for (const worker of workers) worker.wake()
  })
  const scheduler = new Worker({
    name: 'bundle-schedule',
    step: (stopping) => (live.mode.isOn() ? Promise.resolve('idle') : schedule.step(stopping)),
    everyMs: timesEveryMs,
    log,
    pausing: 'at-once',
  })
  live.bus.subscribe(({ topic, data }) => {
    if (topic === 'jobs' && data['job'] === 'bundle-export') scheduler.wake()
  })
  const sweep = new Worker({
    name: 'bundle-sweep',
    step: async () => {
      await pinStore(database.db).removeExpired(clock.now())
      return 'idle'
    },
    everyMs: hourMs,
    log,
    pausing: 'at-once',
  })
  return {
    routes: [
      ...bundleApi({ ...bundles, pageTokens, serverHostname: config.serverHostname }),
      ...bundleJobApi({ jobs, pageTokens }),
      ...bundleUploadApi(bundles),
      ...bundleTrustApi({ trust, encryption, list, pageTokens }),
      ...receiptApi({ receipts, missing, pageTokens }),
      ...selectionApi({ selections }),
    ],
    workers: config.registryState === 'readonly' ? [] : [...workers, scheduler, sweep],
  }
}
