import { createAuthorizer } from '../features/api/authorize-service.ts'
import { presentOutcome } from '../features/interface/present-outcome.ts'
import { mirrorApi } from '../features/mirrors/mirror-api.ts'
import { createMirrorBulk } from '../features/mirrors/mirror-bulk-service.ts'
import { mirrorHealthApi } from '../features/mirrors/mirror-health-api.ts'
import { createMirrorHealth } from '../features/mirrors/mirror-health-service.ts'
import { createMirrorMetrics } from '../features/mirrors/mirror-metrics.ts'
import { createMirrorPreviews } from '../features/mirrors/mirror-preview-service.ts'
import { createMirrorRuns } from '../features/mirrors/mirror-run-service.ts'
import { createMirrorRunner } from '../features/mirrors/mirror-runner.ts'
import { createMirrorService } from '../features/mirrors/mirror-service.ts'
import { createMirrorSettings } from '../features/mirrors/mirror-settings-service.ts'
import { createMirrorTags } from '../features/mirrors/mirror-tags-service.ts'
import { createMirrorUpstreams } from '../features/mirrors/mirror-upstream-service.ts'
import { createMirrorViews } from '../features/mirrors/mirror-view-service.ts'
import { createMirrorWorker } from '../features/mirrors/mirror-worker.ts'
import { mooringMirrorApi } from '../features/mirrors/mooring-mirror-api.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

/** What was asked for, and what others left, does not wait for the next look at the schedules. */
const lookEveryMs = 5_000

/** Repositories that follow those of other registries. */
export function wireMirrors(foundation: Foundation): Area {
  const { parts, people, metrics: common, live, copying, upstreams: client } = foundation
  const { config, database, clock, random, log } = parts
  if (!config.features.repoMirror) return { routes: [] }
  const { db } = database
  const { audit, access, accounts, repositories, secretBox, tagRules } = people
  const { tagChanges, tagPolicies } = tagRules
  const metrics = createMirrorMetrics(common.registry)

  const allows =
    ({ check }: ReturnType<typeof createOutgoingService>) =>
    async (host: string) =>
      (await check(`https://${host}/`)).kind === 'allowed'
  const settings = createMirrorSettings({
    secretBox,
    isAllowed: allows(
      // Where a name leads is looked at when it is called.
      createOutgoingService({ config: config.outgoing, resolve: () => Promise.resolve([]) }),
    ),
    acceptsSparse: config.features.sparseIndex,
  })
  const upstreams = createMirrorUpstreams({
    ...{ client, settings },
    isAllowed: allows(createOutgoingService({ config: config.outgoing })),
  })
  const tags = createMirrorTags({ database, clock, audit, tagChanges, tagPolicies })
  const runs = createMirrorRuns({ database, clock, random, audit })
  const runner = createMirrorRunner({
    ...{ database, clock, audit, log, bus: live.bus, elapsed: startStopwatch },
    ...{ copier: copying.copier, settings, upstreams, tags, runs },
    ...{ repositories, accounts, metrics, config },
  })
  const wake = () => {
    worker.wake()
  }
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
  })
  const mirrors = createMirrorService({
    ...{ database, clock, random, audit, settings },
    control: {
      wake,
      stop: (id) => {
        runner.stop(id)
      },
    },
  })
  const { pageTokens } = foundation
  const views = createMirrorViews({ db, clock, pageTokens, progressOf: runner.progressOf })
  const health = createMirrorHealth({ db, clock, config })
  const mayWork = config.registryState === 'normal' && !config.disablePushes
  return {
    routes: [
      ...mirrorApi({ mirrors, views, settings }),
      ...mirrorHealthApi({ health, accounts, access }),
      ...mooringMirrorApi({
        ...{ mirrors, views, settings, pageTokens, outcome: presentOutcome },
        previews: createMirrorPreviews({ db, clock, settings, upstreams, tags }),
        bulk: createMirrorBulk({ mirrors, authorizer: createAuthorizer(people) }),
      }),
    ],
    workers: mayWork ? [worker] : [],
  }
}
