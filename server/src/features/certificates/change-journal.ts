import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { lockFile } from '../../db/data-directory-lock.ts'
import type { Clock } from '../../platform/clock.ts'
import { writeFileDurably } from '../../platform/files.ts'
import type { Random } from '../../platform/random.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import { keyMode, readOptional, removeDurably, type CertificatePaths } from './certificate-files.ts'

export type CertificateKind = Extract<LogKind, `certificate_${string}`>

const Noted = z.object({
  kind: z.custom<CertificateKind>((kind) => typeof kind === 'string'),
  at: z.number(),
  by: z.string(),
  /** Of the account; null for the command line, and for what the server does by itself. */
  performerId: z.number().nullable(),
  address: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
})

/** A change of the certificates, as the action log will tell it. */
export type NotedChange = z.infer<typeof Noted>

export type ChangeJournal = ReturnType<typeof createChangeJournal>

const named = /^change-\d+-[0-9a-f]{8}\.json$/

/**
 * Changes on their way to the action log. Certificates are changed without a database: by the command
 * line, by the setup, and while the database is away. So each change is noted beside them first, and
 * told by the server that has both; one that is told when the power fails may be told twice.
 */
export function createChangeJournal({
  paths,
  clock,
  random,
}: {
  paths: Pick<CertificatePaths, 'folder' | 'telling'>
  clock: Clock
  random: Random
}) {
  let noted: () => void = () => undefined

  return {
    async note(change: Omit<NotedChange, 'at'>): Promise<void> {
      const at = clock.now()
      const name = `change-${String(at)}-${random.bytes(4).toString('hex')}.json`
      const content = `${JSON.stringify({ ...change, at } satisfies NotedChange)}\n`
      await writeFileDurably(path.join(paths.folder, name), content, keyMode)
      noted()
    },

    onNoted(listener: () => void): void {
      noted = listener
    },

    /** Hands each over, the oldest first, and forgets it; one process at a time. */
    async tell(take: (change: NotedChange) => Promise<void>): Promise<void> {
      if ((await listNames()).length === 0) return
      const lock = lockFile(paths.telling)
      if (lock === undefined) return
      try {
        for (const name of await listNames()) {
          const file = path.join(paths.folder, name)
          const change = parse(await readOptional(file))
          if (change !== undefined) await take(change)
          await removeDurably(file)
        }
      } finally {
        lock.release()
      }
    },
  }

  async function listNames(): Promise<readonly string[]> {
    const names = await readdir(paths.folder).catch(() => [])
    return names.filter((name) => named.test(name)).toSorted()
  }
}

function parse(text: string | undefined): NotedChange | undefined {
  try {
    return Noted.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}
