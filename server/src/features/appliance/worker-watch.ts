import type { Clock, Instant } from '../../platform/clock.ts'
import type { Worker } from '../../work/worker.ts'

export interface WorkerState {
  readonly name: string
  readonly running: boolean
  readonly everyMs: number
  readonly lastStartedAt: Instant | null
  readonly lastEndedAt: Instant | null
  readonly failures: number
  readonly lastFailure: string | null
}

export type WorkerWatch = ReturnType<typeof createWorkerWatch>

/** What the workers of this process are doing. */
export function createWorkerWatch({ clock }: { clock: Clock }) {
  const states = new Map<Worker, WorkerState>()

  return {
    add(workers: readonly Worker[]): void {
      for (const worker of workers) {
        let state: WorkerState = {
          name: worker.name,
          everyMs: worker.everyMs,
          running: false,
          lastStartedAt: null,
          lastEndedAt: null,
          failures: 0,
          lastFailure: null,
        }
        const become = (change: Partial<WorkerState>) => {
          state = { ...state, ...change }
          states.set(worker, state)
        }
        become({})
        worker.observe((turn) => {
          if (turn.kind === 'started') become({ running: true, lastStartedAt: clock.now() })
          else {
            become({
              running: false,
              lastEndedAt: clock.now(),
              ...(turn.kind === 'failed'
                ? { failures: state.failures + 1, lastFailure: messageOf(turn.error) }
                : { failures: 0 }),
            })
          }
        })
      }
    },

    list: (): readonly WorkerState[] =>
      [...states.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}
