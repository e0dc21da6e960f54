import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export interface TestTotals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What passed or failed only after it was tried again, with what was wrong the first time. */
  readonly retried: readonly string[]
  /** False until the run reached its end: a run that died leaves the totals of its last module. */
  readonly finished: boolean
}

export const totalsFileVariable = 'MOORING_TEST_TOTALS_FILE'

/**
 * Counts test cases. A module that failed without a failed case (a broken import, a hook that
 * threw) counts as one failure, so that the totals never look better than the run was.
 */
export function countModule(module: TestModule): Omit<TestTotals, 'finished' | 'retried'> {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    totals[state === 'pending' ? 'failed' : state] += 1
  }
  if (!module.ok() && totals.failed === 0) totals.failed = 1
  return totals
}

function retriedOf(module: TestModule): readonly string[] {
  return [...module.children.allTests()]
    .filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0)
    .map((test) => {
      const { state, errors = [] } = test.result()
      const name = `${module.relativeModuleId} > ${test.fullName}: ${state}`
      const [first] = errors
      return first === undefined ? name : `${name}, first: ${whatAndWhere(first)}`
    })
}

/** Without the way through what runs the tests. */
function whatAndWhere({ message, stack = '' }: { message: string; stack?: string }): string {
  const where = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/node_modules/.test(line))
  return [message, ...where].join('\n')
}

/** A Vitest reporter that keeps the totals in the file named by the environment. */
export class TotalsReporter implements Reporter {
  readonly #modules: TestModule[] = []
  readonly #file = process.env[totalsFileVariable]

  onTestModuleEnd(module: TestModule): void {
    this.#modules.push(module)
    this.#write(0, false)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#modules.splice(0, this.#modules.length, ...modules)
    this.#write(unhandledErrors.length, true)
  }

  #write(otherFailures: number, finished: boolean): void {
    if (this.#file === undefined) return
    const totals = { passed: 0, failed: otherFailures, skipped: 0 }
    const retried = this.#modules.flatMap(retriedOf)
    for (const module of this.#modules) {
      const counted = countModule(module)
      totals.passed += counted.passed
      totals.failed += counted.failed
      totals.skipped += counted.skipped
    }
    writeFileSync(this.#file, JSON.stringify({ ...totals, retried, finished } satisfies TestTotals))
  }
}

// Vitest loads a reporter given by path through its default export.
export default TotalsReporter
