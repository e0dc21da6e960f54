import type { Clock, Instant } from '../../platform/clock.ts'
import type { Worker } from '../../work/worker.ts'

export interface WorkerState {
  readonly name: string
  /** What can be paused of it: several workers may share their work. */
  readonly work: string | null
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
          work: worker.pausing === undefined ? null : workOf(worker),
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

    /** Lets these rest and the others go on. @returns those for which that is new. */
    rest(work: ReadonlySet<string>): readonly { name: string; isPaused: boolean }[] {
      const changed = [...states.keys()].filter(
        (worker) => worker.pausing !== undefined && worker.isPaused !== work.has(workOf(worker)),
      )
      for (const worker of changed) {
        if (worker.isPaused) worker.resume()
        else worker.pause()
      }
      return changed.map(({ name, isPaused }) => ({ name, isPaused }))
    },

    list: (): readonly WorkerState[] =>
      [...states.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** `bundles-2` is one of several that do the same. */
const workOf = ({ name }: Worker): string => name.replace(/-\d+$/, '')

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}
