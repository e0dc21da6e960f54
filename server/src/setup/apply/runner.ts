import type { ApplyTask } from '../../contract/setup.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { findingOf, reasonOf } from '../setup-codes.ts'
import type { JournalTask } from '../setup-state.ts'
import type { Task, TaskContext } from './task.ts'

export function pendingTask(id: Task['id']): JournalTask {
  return { id, state: 'pending', startedAt: null, milliseconds: null, finding: null, lines: [] }
}

const keptLines = 200

export interface Journal {
  readonly read: (id: Task['id']) => JournalTask
  /** Durable when it resolves. */
  readonly write: (task: JournalTask, change?: { pastReturn?: true }) => Promise<void>
}

/**
 * Runs what is not done yet, in order, and writes down each beginning and end before it goes on. A
 * process that dies in between runs the task again when it is back.
 * @returns whether everything is done
 */
export async function runTasks(
  tasks: readonly Task[],
  journal: Journal,
  context: Omit<TaskContext, 'note'>,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<boolean> {
  const isStopped = () => context.signal.aborted
  for (const task of tasks) {
    const before = journal.read(task.id)
    const stillHolds = task.isVolatile !== true || context.registry.running() !== undefined
    if (before.state === 'done' && stillHolds) continue
    if (isStopped()) return false

    const begun = clock.now()
    const startedAt = new Date(begun).toISOString()
    const lines: string[] = []
    const entry = (state: ApplyTask['state'], finding: JournalTask['finding'] = null) => ({
      ...{ id: task.id, state, startedAt, finding },
      milliseconds: state === 'running' ? null : clock.now() - begun,
      lines: lines.slice(-keptLines),
    })
    await journal.write(entry('running'), task.isReturnPoint && { pastReturn: true })
    let finding: JournalTask['finding'] = null
    try {
      const did = await task.run({ ...context, note: (line) => lines.push(line) })
      if (typeof did !== 'string') finding = did.finding
      lines.push(typeof did === 'string' ? did : did.line)
    } catch (error) {
      if (isStopped()) return false
      log.error({ err: error, task: task.id }, 'setup task failed')
      lines.push(reasonOf(error))
      await journal.write(entry('failed', findingOf(task.failure, { reason: reasonOf(error) })))
      return false
    }
    log.info({ task: task.id, milliseconds: clock.now() - begun }, 'setup task done')
    await journal.write(entry('done', finding))
  }
  return true
}
