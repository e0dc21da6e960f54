import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { syncDirectory, writeFileDurably } from '../../platform/files.ts'
import type { Random } from '../../platform/random.ts'

/** A key that changed; values are masked where they are secret, undefined where there is none. */
export interface SettingChange {
  readonly key: string
  readonly before?: unknown
  readonly after?: unknown
}

const entry = z.object({
  at: z.int(),
  by: z.string(),
  changes: z.array(
    z.object({ key: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
  ),
  /** The text of config.yaml as it was until then. */
  text: z.string(),
})

export type HistoryEntry = z.output<typeof entry> & { readonly id: string }

const folderName = '.history'
const mostEntries = 50

/**
 * What config.yaml was before each change, in files beside it. An entry is written before the change
 * that it tells of, so a power cut may leave one more than there were changes; those are not shown.
 */
export function createConfigHistory(configDir: string) {
  const folder = path.join(configDir, folderName)

  async function names(): Promise<readonly string[]> {
    const found = await readdir(folder).catch(() => [])
    return found.filter((name) => /^\d{15}-[0-9a-f]{8}\.json$/.test(name)).toSorted()
  }

  async function read(id: string): Promise<HistoryEntry | undefined> {
    if (!/^\d{15}-[0-9a-f]{8}$/.test(id)) return undefined
    try {
      const text = await readFile(path.join(folder, `${id}.json`), 'utf8')
      return { ...entry.parse(JSON.parse(text)), id }
    } catch {
      return undefined
    }
  }

  return {
    find: read,

    /** Newest first, without what did not come to pass. */
    async list(currentText: string): Promise<readonly HistoryEntry[]> {
      const ids = (await names()).map((name) => name.replace('.json', ''))
      const entries = (await Promise.all(ids.toReversed().map(read))).filter(
        (one) => one !== undefined,
      )
      return entries.filter(({ text }, index) => text !== (entries[index - 1]?.text ?? currentText))
    },

    async add(
      { by, changes, text }: { by: string; changes: readonly SettingChange[]; text: string },
      { clock, random }: { clock: Clock; random: Random },
    ): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const at = clock.now()
      const id = `${String(at).padStart(15, '0')}-${random.bytes(4).toString('hex')}`
      const content = JSON.stringify({ at, by, changes, text })
      await writeFileDurably(path.join(folder, `${id}.json`), content, 0o600)
      await syncDirectory(configDir)
      const all = await names()
      for (const name of all.slice(0, Math.max(0, all.length - mostEntries))) {
        await rm(path.join(folder, name), { force: true })
      }
    },
  }
}
