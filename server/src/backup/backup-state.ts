import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

import type { Instant } from '../platform/clock.ts'
import { writeFileDurably } from '../platform/files.ts'
import type { BackupManifest } from './backup-manifest.ts'

const LastResult = z.object({
  lastSuccessAt: z.int().nullable(),
  lastId: z.string().nullable(),
  lastDurationMs: z.int().nullable(),
  /** Of all content in the backup, and of what this one added to the target. */
  lastBytes: z.int().nullable(),
  lastNewBytes: z.int().nullable(),
  lastFailureAt: z.int().nullable(),
  lastFailure: z.string().nullable(),
})

export type LastResult = z.output<typeof LastResult>

const BackupState = z.object({
  /** Since when somebody looks at backups here: from then on the first one can be overdue. */
  since: z.int(),
  targets: z.record(z.string(), LastResult),
})

export type BackupState = z.output<typeof BackupState>

const nothingYet: LastResult = {
  lastSuccessAt: null,
  lastId: null,
  lastDurationMs: null,
  lastBytes: null,
  lastNewBytes: null,
  lastFailureAt: null,
  lastFailure: null,
}

/** What the last backups came to, whoever made them: the server or the command. */
export function backupState(dataDir: string) {
  const file = path.join(dataDir, 'backup-state.json')

  async function read(now: Instant): Promise<BackupState> {
    // A file that cannot be read says nothing; nothing but this report depends on it.
    const text = await readFile(file, 'utf8').catch(() => '')
    const parsed = BackupState.safeParse(parseJson(text))
    return parsed.success ? parsed.data : { since: now, targets: {} }
  }

  async function change(target: string, now: Instant, changes: Partial<LastResult>): Promise<void> {
    const state = await read(now)
    const result = { ...(state.targets[target] ?? nothingYet), ...changes }
    const next = { ...state, targets: { ...state.targets, [target]: result } }
    await writeFileDurably(file, JSON.stringify(next), 0o600)
  }

  return {
    read,

    /** Begins to count the time without a backup. */
    async watch(now: Instant): Promise<void> {
      const text = await readFile(file, 'utf8').catch(() => '')
      if (BackupState.safeParse(parseJson(text)).success) return
      await writeFileDurably(file, JSON.stringify({ since: now, targets: {} }), 0o600)
    },

    succeeded: (target: string, manifest: BackupManifest): Promise<void> =>
      change(target, manifest.createdAt, {
        lastSuccessAt: manifest.createdAt,
        lastId: manifest.id,
        lastDurationMs: manifest.createdAt - manifest.startedAt,
        lastBytes: manifest.content?.sizeBytes ?? null,
        lastNewBytes: manifest.content?.newBytes ?? null,
      }),

    failed: (target: string, now: Instant, reason: string): Promise<void> =>
      change(target, now, { lastFailureAt: now, lastFailure: reason }),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
