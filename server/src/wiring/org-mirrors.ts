import { orgMirrorApi } from '../features/org-mirrors/org-mirror-api.ts'
import { createOrgMirrorDiscovery } from '../features/org-mirrors/org-mirror-discovery.ts'
import { createOrgMirrorMetrics } from '../features/org-mirrors/org-mirror-metrics.ts'
import { createOrgMirrorService } from '../features/org-mirrors/org-mirror-service.ts'
import { createOrgMirrorSync } from '../features/org-mirrors/org-mirror-sync.ts'
import { createRepositoryMaking } from '../features/org-mirrors/repository-making-service.ts'
import { createSourceRegistry } from '../features/org-mirrors/source-registry.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import { Worker, type Step } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

/** Organizations that follow a namespace of another registry. */
export function wireOrgMirrors(foundation: Foundation): Area {
  const { parts, people, metrics, live, copying, upstreams } = foundation
  const { config, database, clock, random, log } = parts
  if (!config.features.orgMirror) return { routes: [] }
  const { db } = database
  const { secretBox, audit } = people
  const outgoing = createOutgoingService({ config: config.outgoing })
  const sources = createSourceRegistry(upstreams.readJson)
  const discovery = createOrgMirrorDiscovery({
    ...{ db, clock, random, secretBox, audit, outgoing, sources },
    longestMs: config.orgMirrors.longestDiscoveryMs,
  })
  const sync = createOrgMirrorSync({
    ...{ db, clock, random, secretBox, audit, outgoing },
    client: upstreams,
    copier: copying.copier,
    making: createRepositoryMaking({
      ...{ db, clock, audit },
      names: {
        extended: config.features.extendedRepositoryNames,
        librarySupport: config.features.librarySupport,
        libraryNamespace: config.libraryNamespace,
      },
    }),
  })
  const counts = createOrgMirrorMetrics(metrics, { db, clock })
  const never = new AbortController().signal
  const elapsed = startStopwatch()

  const step: Step = async (stopping = never) => {
    if (live.mode.isOn()) return 'idle'
    const startedAt = elapsed()
    const discovered = await discovery.step(stopping)
    if (discovered !== undefined) {
      counts.discovered(discovered, elapsed() - startedAt)
      await database.flush()
      return 'more'
    }
    const synced = await sync.step(stopping)
    if (synced === undefined) return 'idle'
    counts.synced(synced, elapsed() - startedAt)
    await database.flush()
    return 'more'
  }
  const worker = new Worker({
    ...{ name: 'org-mirror', step, everyMs: config.orgMirrors.everyMs, log },
    pausing: 'at-once',
  })
  const mirrors = createOrgMirrorService({
    ...{ db, clock, random, secretBox, audit, outgoing, sources },
    wake: () => {
      worker.wake()
    },
  })
  return { routes: orgMirrorApi({ mirrors, secretBox }), workers: [worker] }
}
