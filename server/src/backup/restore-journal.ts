import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

import { syncDirectory, writeFileDurably } from '../platform/files.ts'
import { isMissing } from './backup-target.ts'

/**
 * How far a restore has come. While it is `staging` nothing of what was there before is touched; once
 * it is `switching` everything is at hand, and whoever finds it so carries it to its end.
 */
const RestoreJournal = z.object({
  state: z.enum(['staging', 'switching']),
  id: z.string(),
  target: z.string(),
  configDir: z.string(),
  kind: z.enum(['sqlite', 'postgresql']),
  /** The config files of the backup, below the config directory. */
  config: z.array(z.object({ path: z.string(), mode: z.int() })),
  schema: z.string(),
  /** What is not in the backup goes from the storage. */
  replacesContent: z.boolean(),
})

export type RestoreJournal = z.output<typeof RestoreJournal>

const journalFile = (dataDir: string) => path.join(dataDir, 'restore.json')

export const stagingFolder = (dataDir: string) => path.join(dataDir, 'restore-staging')

export async function readJournal(dataDir: string): Promise<RestoreJournal | undefined> {
  try {
    return RestoreJournal.parse(JSON.parse(await readFile(journalFile(dataDir), 'utf8')))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

export async function writeJournal(dataDir: string, journal: RestoreJournal): Promise<void> {
  await writeFileDurably(journalFile(dataDir), JSON.stringify(journal), 0o600)
}

/** The restore is over: its traces go, the journal first. */
export async function clearJournal(dataDir: string): Promise<void> {
  await rm(journalFile(dataDir), { force: true })
  await syncDirectory(dataDir)
  await rm(stagingFolder(dataDir), { recursive: true, force: true })
}
