import { presentOutcome } from '../features/interface/present-outcome.ts'
import { mirrorApi } from '../features/mirrors/mirror-api.ts'
import { createLastHour } from '../features/mirrors/last-hour.ts'
import { mirrorDetailsApi } from '../features/mirrors/mirror-details-api.ts'
import { mirrorHealthApi } from '../features/mirrors/mirror-health-api.ts'
import { createMirrorHealth } from '../features/mirrors/mirror-health-service.ts'
import { createMirrorLines } from '../features/mirrors/mirror-lines-service.ts'
import { createMirrorMetrics } from '../features/mirrors/mirror-metrics.ts'
import { createMirrorRuns } from '../features/mirrors/mirror-run-service.ts'
import { createMirrorRunner, type MirrorRunner } from '../features/mirrors/mirror-runner.ts'
import { createMirrorWorker } from '../features/mirrors/mirror-worker.ts'
import { mooringMirrorApi } from '../features/mirrors/mooring-mirror-api.ts'
import { upstreamApi } from '../features/mirrors/upstream-api.ts'
import { connectionApi } from '../features/upstreams/connection-api.ts'
import { createConnectionControl } from '../features/upstreams/connection-service.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'
import type { ContentServices } from './content-services.ts'
import { createMirrorParts } from './mirror-parts.ts'

/** What was asked for, and what others left, does not wait for the next look at the schedules. */
const lookEveryMs = 5_000

/** Repositories that follow those of other registries. */
export function wireMirrors(
  foundation: Foundation,
): Area & Pick<ContentServices, 'mirrors' | 'mirrorViews'> {
  const { parts, people, metrics: common, live, copying, upstreams: client } = foundation
  const { config, database, storage, clock, random, log } = parts
  const { audit, access, accounts, repositories } = people
  const { connection, facts } = live
  const control = createConnectionControl({ db: database.db, clock, audit })
  const switching = connectionApi({ connection, control })
  if (!config.features.repoMirror) return { routes: switching }
  const metrics = createMirrorMetrics(common.registry)
  const hour = createLastHour({ elapsed: startStopwatch() })
  const wake = () => {
    worker.wake()
  }
  const made = createMirrorParts({
    ...{ config, database, clock, random, people, client, connection, facts },
    control: {
      wake,
      stop: (id) => {
        runner.stop(id)
      },
    },
    progressOf: (id) => runner.progressOf(id),
  })
  const { mirrors, views, previews, settings, upstreams, tags, bulk } = made
  const runner: MirrorRunner = createMirrorRunner({
    ...{ database, clock, audit, log, bus: live.bus, elapsed: startStopwatch },
    ...{ copier: copying.copier, settings, upstreams, tags },
    ...{ repositories, accounts, metrics, hour, config },
    runs: createMirrorRuns({ database, clock, random, audit }),
  })
  const work = createMirrorWorker({
    ...{ database, clock, random, log, runner, metrics, config, wake },
    isReadOnly: () => live.mode.isOn(),
  })
  const worker = new Worker({
    name: 'repository-mirrors',
    step: work.step,
    everyMs: Math.min(lookEveryMs, config.mirrors.everyMs),
    log,
    stopped: () => work.close(),
    pausing: 'at-once',
  })
  const { pageTokens } = foundation
  const health = createMirrorHealth({ db: database.db, clock, config })
  const mayWork = config.registryState === 'normal' && !config.disablePushes
  return {
    routes: [
      ...switching,
      ...mirrorApi({ mirrors, views, settings }),
      ...mirrorHealthApi({ health, accounts, access }),
      ...mooringMirrorApi({
        ...{ mirrors, views, previews, settings, pageTokens, outcome: presentOutcome },
        ...{ hour, space: () => storage.space(), bulk, connection },
      }),
      ...mirrorDetailsApi({
        ...{ mirrors, pageTokens, content: made.content, estimates: made.estimates },
        lines: createMirrorLines({ db: database.db }),
      }),
      ...upstreamApi({ upstreams: made.upstreamSettings, outcome: presentOutcome }),
    ],
    workers: mayWork ? [worker] : [],
    ...{ mirrors, mirrorViews: views },
  }
}
