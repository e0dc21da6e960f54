import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createLogger } from '../../platform/logger.ts'
import { Worker } from '../../work/worker.ts'
import { createAuditLog, system } from '../audit/audit-log.ts'
import { logKindName } from '../audit/log-kinds.ts'
import { createPauseControl, createWorkerPauses } from './worker-pause-service.ts'
import { createWorkerWatch } from './worker-watch.ts'

const hourMs = 3_600_000
const log = createLogger('silent')
const who = { by: 'ada', actor: system }
const atOnce = { pausing: 'at-once' } as const

describeDatabases('paused work', (open) => {
  let database: Database
  let now: number
  beforeEach(async () => {
    database = await open()
    now = 1_800_000_000_000
  })

  function start() {
    const { db } = database
    const clock = { now: () => now }
    const make = (name: string, options = {}) =>
      new Worker({ name, step: () => Promise.resolve('idle'), everyMs: hourMs, log, ...options })
    const workers = [
      ...[make('bundles-1', atOnce), make('bundles-2', atOnce)],
      ...[make('scrub', atOnce), make('health')],
    ]
    const watch = createWorkerWatch({ clock })
    watch.add(workers)
    const config = {
      registryState: 'normal' as const,
      audit: {
        ...{ logins: false, loginFailures: false, pushFailures: false, pullFailures: false },
        ...{ deleteFailures: false, disabledNamespaces: [], pullsDisabledNamespaces: [] },
      },
    }
    return {
      control: createPauseControl({
        ...{ db, clock },
        audit: createAuditLog({ db, clock, logger: log, config }),
      }),
      pauses: createWorkerPauses({ db, clock, log, workers: watch }),
      paused: () => workers.filter(({ isPaused }) => isPaused).map(({ name }) => name),
    }
  }

  test('rests in every process on the database until somebody resumes it', async () => {
    const one = start()
    await one.control.pause('bundles', { until: null, reason: 'slow disk' }, who)
    await one.pauses.refresh()
    expect(one.paused()).toEqual(['bundles-1', 'bundles-2'])
    const later = start()
    await later.pauses.refresh()
    expect(later.paused()).toEqual(['bundles-1', 'bundles-2'])
    expect(later.pauses.list()).toEqual([
      { work: 'bundles', by: 'ada', since: now, until: null, reason: 'slow disk' },
    ])
    expect(await later.control.resume('bundles', system)).toBe(true)
    await one.pauses.refresh()
    expect(one.paused()).toEqual([])
    expect(await later.control.resume('bundles', system)).toBe(false)
  })

  test('goes on by itself when its end has come', async () => {
    const { control, pauses, paused } = start()
    await control.pause('scrub', { until: now + hourMs, reason: null }, who)
    await pauses.refresh()
    expect(paused()).toEqual(['scrub'])
    now += hourMs
    await pauses.refresh()
    expect(paused()).toEqual([])
    await expect(control.pause('scrub', { until: now, reason: null }, who)).rejects.toMatchObject({
      code: 'request-invalid',
    })
  })

  test('is in the action log, resumed only once', async () => {
    const { control } = start()
    await control.pause('scrub', { until: now + hourMs, reason: null }, who)
    await control.resume('scrub', system)
    await control.resume('scrub', system)
    const rows = await database.db.selectFrom('logentry3').selectAll().orderBy('id').execute()
    const said = rows.map((row) => [
      logKindName(row.kind_id),
      JSON.parse(row.metadata_json) as unknown,
    ])
    expect(said).toEqual([
      ['worker_paused', { worker: 'scrub', until: (now + hourMs) / 1000 }],
      ['worker_resumed', { worker: 'scrub' }],
    ])
  })
})
