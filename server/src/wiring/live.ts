import { createReadOnlyMode } from '../features/appliance/read-only-service.ts'
import { createRunningServer } from '../features/appliance/running-server.ts'
import { createWorkerPauses } from '../features/appliance/worker-pause-service.ts'
import { createWorkerWatch } from '../features/appliance/worker-watch.ts'
import { createStreamLimit } from '../features/events/stream-limit.ts'
import { createCollectionControl } from '../features/gc/collection-control.ts'
import { createSiteConnection } from '../features/upstreams/connection-service.ts'
import { createUpstreamFacts } from '../features/upstreams/upstream-facts-service.ts'
import { createEventBus } from '../platform/event-bus.ts'
import { Worker } from '../work/worker.ts'
import type { Parts } from '../wiring.ts'

const lookEveryMs = 5_000
const factsEveryMs = 10_000
/** What has nothing to do while the site is disconnected; runs go on where they were. */
const asksUpstreams = ['repository-mirrors', 'org-mirror', 'proxy-cache-blobs'] as const

export type Live = ReturnType<typeof createLive>

/** What is true of this process while it runs, and who is told of it. */
export function createLive({ config, database: { db }, clock, log }: Parts) {
  const bus = createEventBus()
  const mode = createReadOnlyMode({ db, clock, config, log })
  const workers = createWorkerWatch({ clock })
  const connection = createSiteConnection({ db, log })
  const facts = createUpstreamFacts({ db, clock })
  const pauses = createWorkerPauses({
    ...{ db, clock, log, workers },
    alsoResting: () => (connection.isDisconnected() ? asksUpstreams : []),
  })
  connection.onChange(async () => {
    await pauses.refresh()
    bus.publish('jobs', { job: 'mirror', id: '', progress: {} })
  })
  let authorityFetched: () => Promise<void> = () => Promise.resolve()
  return {
    bus,
    mode,
    running: createRunningServer({ clock }),
    workers,
    pauses,
    connection,
    facts,
    streams: createStreamLimit(),
    collection: createCollectionControl({ clock, log, bus, isReadOnly: () => mode.isOn() }),
    /** Somebody took the certificate of the authority along. */
    authorityFetched(): void {
      authorityFetched().catch((error: unknown) => {
        log.warn({ err: error }, 'fetch of the authority not noted')
      })
    },
    onAuthorityFetched(note: () => Promise<void>): void {
      authorityFetched = note
    },
    modeWatch: new Worker({ name: 'read-only-mode', step: mode.step, everyMs: lookEveryMs, log }),
    connectionWatch: new Worker({
      ...{ name: 'site-connection', step: connection.step, everyMs: lookEveryMs, log },
    }),
    factsWriter: new Worker({
      ...{ name: 'upstream-facts', step: facts.step, everyMs: factsEveryMs, log },
      stopped: () => facts.flush(),
    }),
    pauseWatch: new Worker({ name: 'worker-pauses', step: pauses.step, everyMs: lookEveryMs, log }),
  }
}
