import { Readable } from 'node:stream'

import type { Clock } from '../platform/clock.ts'
import { BackupError } from './backup-codes.ts'
import { listBackups } from './backup-manifest.ts'
import { backupFolder, readText, type BackupTarget } from './backup-target.ts'

/**
 * Who is at work on a target. Backups may be made side by side, but while one is made nothing may be
 * removed, because it relies on content that is there already. Each says so first and looks then, so
 * of two who begin at once at least one sees the other. A mark that is not renewed has lost its maker.
 */
const renewEveryMs = 60_000
const staleAfterMs = 300_000
const pruneMark = 'prune.json'
const startMark = (id: string) => `${backupFolder(id)}/started.json`

export interface Mark {
  remove(): Promise<void>
}

export async function markBackup(target: BackupTarget, id: string, clock: Clock): Promise<Mark> {
  const mark = await keepMark(target, startMark(id), clock)
  if (await isFresh(target, pruneMark, clock)) {
    await mark.remove()
    await target.removeFolder(backupFolder(id))
    throw new BackupError('MOOR-BAK-011')
  }
  return mark
}

export async function markPrune(target: BackupTarget, clock: Clock): Promise<Mark> {
  if (await isFresh(target, pruneMark, clock)) throw new BackupError('MOOR-BAK-011')
  const mark = await keepMark(target, pruneMark, clock)
  for (const id of (await listBackups(target)).incomplete) {
    if (!(await isFresh(target, startMark(id), clock))) continue
    await mark.remove()
    throw new BackupError('MOOR-BAK-011', `${id} is being made.`)
  }
  return mark
}

async function keepMark(target: BackupTarget, name: string, clock: Clock): Promise<Mark> {
  const write = () => {
    const text = JSON.stringify({ at: clock.now() })
    return target.write(name, Readable.from([Buffer.from(text)]), { sizeBytes: text.length })
  }
  await write()
  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    writing = write().catch(() => undefined)
  }, renewEveryMs)
  timer.unref()
  return {
    async remove() {
      clearInterval(timer)
      await writing
      await target.remove(name)
    },
  }
}

async function isFresh(target: BackupTarget, name: string, clock: Clock): Promise<boolean> {
  const text = await readText(target, name)
  if (text === undefined) return false
  try {
    const { at } = JSON.parse(text) as { at?: unknown }
    return typeof at === 'number' && Math.abs(clock.now() - at) < staleAfterMs
  } catch {
    return true
  }
}
