import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

import { syncDirectory, writeFileDurably } from '../platform/files.ts'

/**
 * How far an upgrade has come. Found at a start it says that the one before was broken off: while it
 * is `migrating` or `undoing` the snapshot goes back; once it is `checked` the new schema stays.
 */
const UpgradeJournal = z.object({
  state: z.enum(['migrating', 'checked', 'undoing']),
  from: z.string(),
  to: z.string(),
  /** A file in the folder of the snapshots; null where none was wanted. */
  snapshot: z.string().nullable(),
})

export type UpgradeJournal = z.output<typeof UpgradeJournal>

const journalFile = (dataDir: string) => path.join(dataDir, 'upgrade.json')

export const snapshotsFolder = (dataDir: string) => path.join(dataDir, 'snapshots')

export async function readUpgradeJournal(dataDir: string): Promise<UpgradeJournal | undefined> {
  try {
    return UpgradeJournal.parse(JSON.parse(await readFile(journalFile(dataDir), 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export async function writeUpgradeJournal(dataDir: string, journal: UpgradeJournal): Promise<void> {
  await writeFileDurably(journalFile(dataDir), JSON.stringify(journal), 0o600)
}

export async function clearUpgradeJournal(dataDir: string): Promise<void> {
  await rm(journalFile(dataDir), { force: true })
  await syncDirectory(dataDir)
}
