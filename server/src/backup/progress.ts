import type { Clock } from '../platform/clock.ts'
import type { JobProgress } from '../work/job-progress.ts'

export type BackupPhase =
  'preparing' | 'database' | 'configuration' | 'content' | 'finishing' | 'verifying' | 'switching'

export type Progress = JobProgress<BackupPhase>

const errorsAtMost = 100

export type ProgressMeter = ReturnType<typeof createProgressMeter>

export function createProgressMeter({
  clock,
  onChange = () => undefined,
}: {
  readonly clock: Clock
  readonly onChange?: ((read: () => Progress) => void) | undefined
}) {
  const startedAt = clock.now()
  const errors: string[] = []
  let phase: BackupPhase = 'preparing'
  let phaseStartedAt = startedAt
  let state: Progress['state'] = 'running'
  let amounts = { done: 0, total: 0, itemsDone: 0, itemsTotal: 0 }
  let current = ''

  const read = (): Progress => {
    const seconds = (clock.now() - phaseStartedAt) / 1000
    const rate = seconds > 0 ? Math.round(amounts.done / seconds) : 0
    const left = Math.max(0, amounts.total - amounts.done)
    const eta = rate > 0 ? Math.ceil(left / rate) : null
    return {
      ...{ state, phase, ...amounts, unit: 'bytes', current, rate, eta, startedAt },
      errors: [...errors],
    }
  }
  const changed = () => {
    onChange(read)
  }
  return {
    read,
    enter(next: BackupPhase, expected: { total?: number; itemsTotal?: number } = {}) {
      phase = next
      phaseStartedAt = clock.now()
      current = ''
      amounts = { done: 0, itemsDone: 0, total: 0, itemsTotal: 0, ...expected }
      changed()
    },
    reach(reached: Partial<typeof amounts>) {
      amounts = { ...amounts, ...reached }
      changed()
    },
    finished(name: string, sizeBytes: number) {
      current = name
      amounts = {
        ...amounts,
        done: amounts.done + sizeBytes,
        itemsDone: amounts.itemsDone + 1,
      }
      changed()
    },
    fault(text: string) {
      if (errors.length < errorsAtMost) errors.push(text)
      changed()
    },
    end(how: 'done' | 'failed' | 'cancelled') {
      state = how
      changed()
    },
  }
}
