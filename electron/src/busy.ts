import type { Shell } from './shell.ts'
import type { PageProgress } from './page-bridge.ts'

export interface Work {
  readonly uploads: number
  readonly jobs: readonly string[]
}

/** What is under way: uploads that the server counts, and the job that the page shows. */
export interface Busy {
  uploads(): number
  progress(): PageProgress | undefined
  /** What would be cut short if the program ended now: uploads, and jobs by their titles. */
  work(): Work
  setUploads(count: number): void
  setProgress(progress: PageProgress | undefined): void
}

/** The machine stays awake as long as something is under way. */
export function createBusy(shell: Pick<Shell, 'keepAwake'>, onChange: () => void): Busy {
  let uploads = 0
  let progress: PageProgress | undefined
  let letSleep: (() => void) | undefined
  const changed = () => {
    if (uploads > 0 || progress !== undefined) letSleep ??= shell.keepAwake()
    else {
      letSleep?.()
      letSleep = undefined
    }
    onChange()
  }
  return {
    uploads: () => uploads,
    progress: () => progress,
    work: () => ({ uploads, jobs: progress === undefined ? [] : [progress.title] }),
    setUploads(count) {
      uploads = count
      changed()
    },
    setProgress(next) {
      progress = next
      changed()
    },
  }
}
