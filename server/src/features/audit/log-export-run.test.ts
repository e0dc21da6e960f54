import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeEach, expect, test } from 'vitest'

import { Secret } from '../../config/config.ts'
import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { createPageTokens } from '../api/page-token-service.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'
import { createAuditLog, system } from './audit-log.ts'
import { auditStore } from './audit-store.ts'
import { createLogExportFiles } from './log-export-file.ts'
import { runLogExports, type ExportReport } from './log-export-run.ts'
import { createLogExportService } from './log-export-service.ts'
import { createLogService } from './log-service.ts'

const logs = { exportLifeMs: 3_600_000, allowWithoutStrict: false, allowPullsWithoutStrict: false }
const audit = {
  ...{ logins: true, loginFailures: false, pushFailures: false, pullFailures: false },
  ...{ deleteFailures: false, disabledNamespaces: [], pullsDisabledNamespaces: [] },
}
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

describeDatabases('exports of the action log', (open) => {
  let database: Database
  let folder: string
  let now = Date.UTC(2022, 0, 4, 12)
  const posted: ExportReport[] = []
  const mailed: ExportReport[] = []
  let answer: number

  beforeEach(async () => {
    database = await open()
    folder = await mkdtemp(join(tmpdir(), 'mooring-exports-'))
    folders.push(folder)
    posted.length = 0
    mailed.length = 0
    answer = 200
  })

  function world() {
    const { db } = database
    const clock = { now: () => now }
    const log = pino({ level: 'silent' })
    const pageTokens = createPageTokens({
      config: { secretKey: new Secret('a secret for pages') },
      clock,
      random: systemRandom,
    })
    const reading = createLogService({ db, clock, pageTokens, config: { logs } })
    const files = createLogExportFiles({ db, logs: reading, folder })
    const outgoing: Pick<OutgoingService, 'check' | 'postJson'> = {
      check: (text) =>
        Promise.resolve({
          ...{ kind: 'allowed', url: new URL(text) },
          ...{ address: '198.41.0.4', addresses: ['198.41.0.4'] },
        }),
      postJson: (_url, body) => {
        posted.push(body as ExportReport)
        return Promise.resolve(answer)
      },
    }
    const recorder = createAuditLog({
      ...{ db, clock, logger: log },
      config: { registryState: 'normal', audit },
    })
    const exports = createLogExportService({
      ...{ db, clock, random: systemRandom, audit: recorder, outgoing, files },
    })
    const step = runLogExports({
      ...{ db, clock, log, files, outgoing },
      mail: (_to, report) => {
        mailed.push(report)
        return Promise.resolve()
      },
      config: { logs, urlScheme: 'https', serverHostname: 'registry.example' },
    })
    return { exports, step }
  }

  const request = (exports: ReturnType<typeof world>['exports'], email: string | null = null) =>
    exports.request(
      {
        place: { kind: 'organization', id: 3 },
        namespace: { id: 3, username: 'acme' },
        repository: null,
        callbackUrl: 'https://receiver.example/',
        callbackEmail: email,
        query: {},
      },
      system,
    )

  const fileOf = (report: ExportReport | undefined) =>
    new URL(report?.exported_data_url ?? '').pathname.replace('/exportedlogs/', '')

  test('hold every entry of their days, in more than one batch', async () => {
    const entry = { kind_id: 41, account_id: 3, performer_id: null, repository_id: 5, ip: null }
    const rows = Array.from({ length: 1_200 }, (_, at) => ({ ...entry, datetime: now - at * 1000 }))
    for (let at = 0; at < rows.length; at += 400) {
      await auditStore(database.db).insert(rows.slice(at, at + 400))
    }
    await auditStore(database.db).insert([
      { ...entry, account_id: 4, datetime: now },
      { ...entry, datetime: now - 5 * 24 * 3_600_000 },
    ])
    const { exports, step } = world()
    const exportId = await request(exports, 'ops@example.com')
    expect(await step()).toBe('more')
    expect(posted).toMatchObject([
      { export_id: exportId, start_time: '01/03/2022', end_time: '01/05/2022', status: 'success' },
    ])
    expect(mailed).toEqual(posted)
    const file = JSON.parse(await readFile(join(folder, `${fileOf(posted[0])}.json`), 'utf8')) as {
      logs: { kind?: string; datetime?: string; terminator?: true }[]
    }
    expect(file.logs).toHaveLength(1_200 + 1 + 1)
    expect(file.logs.at(-1)).toEqual({ terminator: true })
    const times = file.logs.slice(0, -1).map(({ datetime = '' }) => datetime)
    expect(times).toEqual(times.toSorted())
  })

  test('are gone an hour later, and so is their file', async () => {
    const { exports, step } = world()
    await request(exports)
    await step()
    const fileId = fileOf(posted[0])
    const opened = await exports.openFile(fileId)
    opened.stream.destroy()
    now += logs.exportLifeMs
    await expect(exports.openFile(fileId)).rejects.toMatchObject({ code: 'access-denied' })
    expect(await step()).toBe('more')
    expect(await step()).toBe('idle')
    expect(await readdir(folder)).toEqual([])
  })

  test('tell their callback three times at most', async () => {
    answer = 503
    const { exports, step } = world()
    await request(exports)
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(await step()).toBe('more')
      expect(posted).toHaveLength(attempt)
      expect(await step()).toBe('idle')
      now += 60_000
    }
    await step()
    expect(await step()).toBe('idle')
    expect(posted).toHaveLength(3)
    expect(await readdir(folder)).toEqual([])
  })

  test('lose no attempt when the server is told to stop', async () => {
    const { exports, step } = world()
    await request(exports)
    expect(await step(AbortSignal.abort())).toBe('idle')
    expect(posted).toEqual([])
    const rows = await database.db.selectFrom('exportactionlogs').selectAll().execute()
    expect(rows).toMatchObject([{ attempts_left: 3, next_attempt_at: now, finished_at: null }])
    await step()
    expect(posted).toHaveLength(1)
  })
})
