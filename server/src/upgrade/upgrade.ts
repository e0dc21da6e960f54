import type { Config } from '../config/config.ts'
import { migrate } from '../db/migrate.ts'
import type { Database } from '../db/open.ts'
import { currentLevel, readSchemaLevel } from '../db/schema-level.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { BlobStorage } from '../storage/storage.ts'
import { upgradeProblem } from './health-checks.ts'
import { pruneSnapshots, putSnapshotBack, takeUpgradeSnapshot } from './snapshots.ts'
import { UpgradeError } from './upgrade-error.ts'
import {
  clearUpgradeJournal,
  readUpgradeJournal,
  writeUpgradeJournal,
  type UpgradeJournal,
} from './upgrade-journal.ts'

export type Upgrade = ReturnType<typeof createUpgrade>

/**
 * Brings the data of an older version up to date while a server starts: a snapshot first, then the
 * migrations, then a look at whether everything works. Until the start is confirmed a failure puts
 * the snapshot back, and so does the next start after a power cut. Hold the lock of the data directory.
 */
export function createUpgrade({
  config,
  clock,
  log,
}: {
  readonly config: Pick<Config, 'dataDir' | 'database' | 'upgradeSnapshot'>
  readonly clock: Clock
  readonly log: Logger
}) {
  const { dataDir } = config
  let journal: UpgradeJournal | undefined
  let undone: 'undone' | 'impossible' | undefined
  let undoFailure: unknown

  async function putBack(of: UpgradeJournal): Promise<void> {
    if (of.snapshot === null) return
    await writeUpgradeJournal(dataDir, { ...of, state: 'undoing' })
    await putSnapshotBack(config, of.snapshot, of)
    await clearUpgradeJournal(dataDir)
    log.warn({ snapshot: of.snapshot, schema: of.from }, 'upgrade undone')
  }

  return {
    /** Before the database is opened: ends what an earlier upgrade left when it was broken off. */
    async settle(): Promise<void> {
      const left = await readUpgradeJournal(dataDir)
      if (left === undefined) return
      if (left.state === 'checked') await clearUpgradeJournal(dataDir)
      else await putBack(left)
    },

    /** @throws UpgradeError when the database is of a newer version. */
    async migrate(database: Database): Promise<void> {
      const { state, level, unknown } = await readSchemaLevel(database)
      if (state === 'newer') {
        throw new UpgradeError('MOOR-DB-001', `This version does not know ${unknown.join(', ')}.`)
      }
      if (state === 'current') return
      if (level === undefined) {
        await migrate(database)
        return
      }
      const isWanted = config.database.kind === 'sqlite' || config.upgradeSnapshot
      const to = currentLevel()
      log.info({ from: level, to }, 'upgrading the database')
      const now = clock.now()
      const snapshot = isWanted ? await takeUpgradeSnapshot(config, database, { level, now }) : null
      journal = { state: 'migrating', from: level, to, snapshot }
      await writeUpgradeJournal(dataDir, journal)
      await migrate(database)
    },

    /** @throws Error when the upgraded data does not work. */
    async check(database: Database, storage: Pick<BlobStorage, 'stat' | 'space'>): Promise<void> {
      if (journal === undefined) return
      const problem = await upgradeProblem(database.db, storage)
      if (problem !== undefined) throw new Error(problem)
      await database.flush()
      await writeUpgradeJournal(dataDir, { ...journal, state: 'checked' })
    },

    /** The server works; from now on what clients change must not be taken back. */
    async confirm(): Promise<void> {
      if (journal === undefined) return
      const { from, to, snapshot } = journal
      journal = undefined
      await clearUpgradeJournal(dataDir)
      await pruneSnapshots(dataDir)
      log.info({ from, to, snapshot }, 'database upgraded')
    },

    /** After the database is closed: puts the snapshot back unless the start was confirmed. */
    async undo(): Promise<void> {
      if (journal === undefined) return
      try {
        await putBack(journal)
        undone = journal.snapshot === null ? 'impossible' : 'undone'
      } catch (error) {
        undoFailure = error
        undone = 'impossible'
        log.error({ err: error }, 'upgrade not undone')
      }
    },

    /** What to tell about a start that failed. */
    explain(error: unknown): unknown {
      if (journal === undefined || undone === undefined) return error
      const { from, to, snapshot } = journal
      const reason = (failure: unknown) =>
        failure instanceof Error ? failure.message : String(failure)
      const about = `From ${from} to ${to}: ${reason(error)}.`
      if (undone === 'undone') {
        return new UpgradeError('MOOR-DB-002', `${about} The snapshot is ${snapshot ?? ''}.`, {
          cause: error,
        })
      }
      const why = snapshot === null ? 'There is no snapshot.' : `${reason(undoFailure)}.`
      return new UpgradeError('MOOR-DB-003', `${about} ${why}`, { cause: error })
    },
  }
}

/**
 * For commands that work on the data beside a server: a new database gets its schema, another version's
 * is left to the server, which takes a snapshot first.
 * @throws UpgradeError
 */
export async function requireCurrentSchema(database: Database): Promise<void> {
  const { state, level = '', unknown } = await readSchemaLevel(database)
  if (state === 'newer') {
    throw new UpgradeError('MOOR-DB-001', `This version does not know ${unknown.join(', ')}.`)
  }
  if (state === 'older') throw new UpgradeError('MOOR-DB-004', `It is at ${level}.`)
  if (state === 'empty') await migrate(database)
}
