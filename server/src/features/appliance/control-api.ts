import {
  getServiceState,
  restartService,
  setReadOnly,
  stopService,
} from '../../contract/appliance-service.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { ControlService } from './control-service.ts'
import type { ReadOnlyMode, ReadOnlyState } from './read-only-service.ts'
import { presentPause } from './worker-pause-api.ts'
import { isPausable } from './worker-pause-service.ts'
import type { WorkerState } from './worker-watch.ts'

/** How long requests under way may take to finish. */
const drainSeconds = 25

export function controlApi({
  control,
  mode,
}: {
  control: ControlService
  mode: ReadOnlyMode
}): readonly ApiRoute[] {
  return [
    route(getServiceState, async () => {
      const { memory, listeners, ...state } = await control.state()
      return {
        state: state.state,
        read_only: presentReadOnly(state.readOnly),
        version: state.version,
        runtime: state.runtime,
        platform: state.platform,
        hostname: state.hostname,
        pid: state.pid,
        started: wireDate(state.startedAt),
        uptime_seconds: Math.floor(state.uptimeMs / 1000),
        memory: {
          rss_bytes: memory.rssBytes,
          heap_used_bytes: memory.heapUsedBytes,
          machine_free_bytes: memory.machineFreeBytes,
        },
        listeners: listeners.map(({ name, address, port, family, tls, connections }) => ({
          ...{ name, address, port, family, tls, connections },
        })),
        transfers: state.transfers,
        workers: state.workers.map(presentWorker),
        pauses: state.pauses.map(presentPause),
        restarted_by: state.restartedBy ?? null,
        can_stop: state.canStop,
      }
    }),
    route(setReadOnly, async ({ body, user }) =>
      presentReadOnly(await mode.set(body.on, body.reason ?? null, user.username)),
    ),
    route(restartService, ({ user }) => {
      control.restart(user.username)
      return Promise.resolve({ waits_at_most_seconds: drainSeconds })
    }),
    route(stopService, ({ user }) => {
      control.stop(user.username)
      return Promise.resolve({ waits_at_most_seconds: drainSeconds })
    }),
  ]
}

function presentReadOnly({ since, ...state }: ReadOnlyState) {
  return { ...state, since: wireDateOrNull(since) }
}

function presentWorker(worker: WorkerState) {
  return {
    name: worker.name,
    work: worker.work !== null && isPausable(worker.work) ? worker.work : null,
    running: worker.running,
    every_seconds: worker.everyMs / 1000,
    last_started: wireDateOrNull(worker.lastStartedAt),
    last_ended: wireDateOrNull(worker.lastEndedAt),
    failures: worker.failures,
    last_failure: worker.lastFailure,
  }
}
