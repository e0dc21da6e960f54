import { backupState } from '../backup/backup-state.ts'
import { doubtful, fine, probing, wrong, type Probe, type ProbeContext } from './probe.ts'

const dayMs = 86_400_000

/** Whether the backups that are configured really happen. */
export function probeBackups(
  { dataDir, target, everyMs }: { dataDir: string; target: string; everyMs: number },
  context: ProbeContext,
): Probe {
  const { clock } = context
  return probing(context, 'backup', 'Looking at the last backup', async () => {
    const now = clock.now()
    const { targets, since } = await backupState(dataDir).read(now)
    const last = targets[target]
    const success = last?.lastSuccessAt ?? null
    const isLate = now - (success ?? since) > 2 * everyMs
    const failure = last?.lastFailureAt ?? null
    if (failure !== null && failure > (success ?? 0)) {
      const reason = last?.lastFailure ?? 'no reason is known'
      return (isLate ? wrong : doubtful)('MOOR-BAK-102', { target, reason })
    }
    if (success === null) {
      return isLate ? wrong('MOOR-BAK-100', { target }) : fine('The first backup is still to come')
    }
    const days = Math.floor((now - success) / dayMs)
    if (isLate) return wrong('MOOR-BAK-101', { target, days })
    return fine(`The last backup is of ${new Date(success).toISOString()}`, { target, days })
  })
}
