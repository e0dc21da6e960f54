import { freemem, hostname } from 'node:os'

import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'
import type { ReadOnlyMode } from './read-only-service.ts'
import type { RunningServer } from './running-server.ts'
import type { WorkerPauses } from './worker-pause-service.ts'
import type { WorkerWatch } from './worker-watch.ts'

/** Who starts the server again after it has ended. */
export type Restarter = 'service-manager' | 'desktop'

export type ControlService = ReturnType<typeof createControlService>

/** The process of this server: what it is, and how it ends. */
export function createControlService({
  clock,
  log,
  version,
  running,
  workers,
  pauses,
  mode,
  restartedBy,
  shutDown,
}: {
  clock: Clock
  log: Logger
  version: string
  running: RunningServer
  workers: Pick<WorkerWatch, 'list'>
  pauses: Pick<WorkerPauses, 'list'>
  mode: ReadOnlyMode
  restartedBy: Restarter | undefined
  /** Ends the server as a signal does; absent where somebody else decides about that. */
  shutDown: (() => void) | undefined
}) {
  function end(how: 'restart' | 'stop', by: string): void {
    log.info({ how, by }, 'server ended by a superuser')
    running.stopping()
    shutDown?.()
  }

  return {
    async state() {
      const { rss, heapUsed } = process.memoryUsage()
      return {
        state: running.isStopping()
          ? ('stopping' as const)
          : mode.isOn()
            ? ('read-only' as const)
            : ('running' as const),
        readOnly: mode.state(),
        version,
        runtime: `Node ${process.versions.node}`,
        platform: `${process.platform} ${process.arch}`,
        hostname: hostname(),
        pid: process.pid,
        startedAt: running.startedAt,
        uptimeMs: Math.max(0, clock.now() - running.startedAt),
        memory: { rssBytes: rss, heapUsedBytes: heapUsed, machineFreeBytes: freemem() },
        listeners: await running.listeners(),
        transfers: running.traffic(),
        workers: workers.list(),
        pauses: pauses.list(),
        restartedBy: shutDown === undefined ? undefined : restartedBy,
        canStop: shutDown !== undefined && restartedBy === undefined,
      }
    },

    /** @throws Problem `conflict` where nobody would start it again. */
    restart(by: string): void {
      if (restartedBy === undefined || shutDown === undefined) {
        throw new Problem('conflict', {
          message: 'Nothing would start this server again. Restart it where it was started.',
        })
      }
      end('restart', by)
    },

    /** @throws Problem `conflict` where somebody would start it again. */
    stop(by: string): void {
      if (shutDown === undefined) {
        throw new Problem('conflict', { message: 'This server is stopped from outside.' })
      }
      if (restartedBy !== undefined) {
        throw new Problem('conflict', {
          message:
            restartedBy === 'desktop'
              ? 'The desktop program would start this server again. Stop it there.'
              : 'The service manager would start this server again. Stop the service there.',
        })
      }
      end('stop', by)
    },
  }
}
