import type { Clock } from '../platform/clock.ts'
import { linesOf } from '../platform/lines.ts'
import { listBackups, manifestFile, readManifest, type BackupManifest } from './backup-manifest.ts'
import { backupFolder, type BackupTarget } from './backup-target.ts'
import { folderOf, parseListed } from './listed-blobs.ts'
import { openStored } from './stored-file.ts'
import { markPrune } from './target-marks.ts'

export interface Pruned {
  readonly kept: readonly string[]
  readonly removed: readonly string[]
  readonly blobs: number
  readonly sizeBytes: number
}

const algorithms = ['sha256', 'sha512'] as const
const prefixes = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

/**
 * Keeps the latest backups and removes the others, then the content that no kept one needs. What is
 * broken off leaves backups that are whole or not there, and is finished by the next run.
 * @throws BackupError, having removed nothing, when a backup is being made or a kept one is damaged.
 */
export async function pruneBackups({
  target,
  keep,
  clock,
}: {
  readonly target: BackupTarget
  readonly keep: number
  readonly clock: Clock
}): Promise<Pruned> {
  const mark = await markPrune(target, clock)
  try {
    const { complete, incomplete } = await listBackups(target)
    const kept = complete.slice(-Math.max(1, keep))
    const removed = complete.slice(0, complete.length - kept.length)
    const manifests = await Promise.all(kept.map((id) => readManifest(target, id)))
    const needs = manifests.map((manifest) => contentCursor(target, manifest))
    // Read once to the end first, so that a damaged list is met before anything is removed.
    for (const manifest of manifests) await readThrough(target, manifest)
    for (const id of removed) {
      // Without its manifest it is no backup any more, so it goes first.
      await target.remove(manifestFile(id))
      await target.removeFolder(backupFolder(id))
    }
    for (const id of incomplete) await target.removeFolder(backupFolder(id))
    await target.removeFolder('partial')
    return { kept, removed, ...(await removeUnneeded(target, needs)) }
  } finally {
    await mark.remove()
  }
}

async function removeUnneeded(target: BackupTarget, needs: readonly ContentCursor[]) {
  let blobs = 0
  let sizeBytes = 0
  for (const algorithm of algorithms) {
    for (const prefix of prefixes) {
      const folder = `blobs/${algorithm}/${prefix}`
      const needed = new Set<string>()
      for (const need of needs) await need.collect(folder, needed)
      for (const [name, size] of await target.list(folder)) {
        if (needed.has(name.slice(folder.length + 1))) continue
        await target.remove(name)
        blobs++
        sizeBytes += size
      }
    }
  }
  return { blobs, sizeBytes }
}

interface ContentCursor {
  /** Adds what the backup needs of a folder; folders are asked for in their order. */
  collect(folder: string, into: Set<string>): Promise<void>
}

function contentCursor(target: BackupTarget, manifest: BackupManifest): ContentCursor {
  const lines = contentLines(target, manifest)
  let waiting: { readonly folder: string; readonly hex: string } | undefined
  let isDone = false
  const advance = async () => {
    const { value, done } = await lines.next()
    isDone = done === true
    if (done === true) {
      waiting = undefined
      return
    }
    const { digest } = parseListed(value)
    waiting = { folder: folderOf(digest), hex: digest.slice(digest.indexOf(':') + 1) }
  }
  return {
    async collect(folder, into) {
      if (waiting === undefined && !isDone) await advance()
      while (waiting?.folder === folder) {
        into.add(waiting.hex)
        await advance()
      }
    },
  }
}

async function* contentLines(target: BackupTarget, { id, content }: BackupManifest) {
  if (content === null) return
  yield* linesOf(await openStored(target, id, content.list, undefined))
}

async function readThrough(target: BackupTarget, manifest: BackupManifest): Promise<void> {
  let last = ''
  for await (const line of contentLines(target, manifest)) {
    if (line < last) throw new Error(`the content of ${manifest.id} is not in order`)
    last = line
  }
}
