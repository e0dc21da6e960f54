import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { BackupJobs } from '../backups/backup-job-service.ts'
import { activityStore } from './activity-store.ts'
import type { ApplianceHealthService } from './appliance-health-service.ts'
import type { ChecklistService } from './checklist-service.ts'
import { fullInDays, growthPerWeek } from './growth.ts'
import { worstOf } from './health-checks.ts'
import type { MeasureService } from './measure-service.ts'
import type { ReadOnlyMode } from './read-only-service.ts'
import type { StorageService } from './storage-service.ts'

export type HomeService = ReturnType<typeof createHome>

const growthDays = 30

/** What an administrator looks at first, gathered from those who know. */
export function createHome({
  db,
  clock,
  health,
  measure,
  storage,
  backups,
  mode,
  checklist,
  certificateSeconds,
  pullKindId,
}: {
  db: Db
  clock: Clock
  health: ApplianceHealthService
  measure: MeasureService
  storage: Pick<StorageService, 'space'>
  backups: Pick<BackupJobs, 'report' | 'current'>
  mode: ReadOnlyMode
  checklist: ChecklistService
  /** What is left of the certificates. */
  certificateSeconds: () => readonly { readonly role: string; readonly seconds: number }[]
  /** Of the log. */
  pullKindId: number
}) {
  async function problems() {
    const { checks, at } = await health.report()
    const found = checks.flatMap(({ state, ...check }) =>
      state === 'warning' || state === 'error' ? [{ ...check, severity: state }] : [],
    )
    const readOnly = mode.state()
    const own = readOnly.on
      ? [
          {
            id: 'read-only',
            code: 'MOOR-HLT-020',
            page: '/service',
            severity: 'warning' as const,
            parameters: { reason: readOnly.reason ?? '', by: readOnly.by ?? '' },
            since: readOnly.since ?? at,
            acknowledged: undefined,
          },
        ]
      : []
    const all = [...found, ...own]
    const pressing = all.filter(({ acknowledged }) => acknowledged === undefined)
    const known = all.filter(({ acknowledged }) => acknowledged !== undefined)
    return {
      state: worstOf(pressing.map(({ severity }) => severity)),
      problems: [
        ...pressing.filter(({ severity }) => severity === 'error'),
        ...pressing.filter(({ severity }) => severity === 'warning'),
        ...known,
      ],
    }
  }

  async function backupState() {
    const report = await backups.report()
    if (report === undefined) return undefined
    const { overdue, result } = report
    const lastSuccess = result?.lastSuccessAt ?? null
    return {
      overdue,
      lastSuccess,
      ageMs: lastSuccess === null ? null : Math.max(0, clock.now() - lastSuccess),
      lastFailure: result?.lastFailureAt ?? null,
      lastFailureReason: result?.lastFailure ?? null,
      running: backups.current() !== undefined,
    }
  }

  async function space() {
    const [{ freeBytes, totalBytes }, samples] = await Promise.all([
      storage.space(),
      measure.samples(growthDays),
    ])
    const perWeek = growthPerWeek(samples)
    return { freeBytes, totalBytes, perWeek, fullInDays: fullInDays(freeBytes, perWeek) }
  }

  return {
    async read() {
      const activity = activityStore(db)
      const [found, content, room, backup, steps, lastPush, lastPull] = await Promise.all([
        problems(),
        measure.content(),
        space(),
        backupState(),
        checklist.read(),
        activity.lastPush(),
        activity.lastOf(pullKindId),
      ])
      return {
        ...found,
        ...{ content, space: room, backup, checklist: steps },
        certificates: certificateSeconds(),
        activity: { lastPush, lastPull },
      }
    },
  }
}
