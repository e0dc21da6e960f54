import { existsSync } from 'node:fs'
import { mkdir, readdir, realpath, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import type { Random } from '../platform/random.ts'
import { directoryTrial } from './directory-trial.ts'
import { findMount, judgeMount } from './file-systems.ts'
import type { HostRoot } from './host-files.ts'
import {
  doubtful,
  fine,
  probing,
  reasonOf,
  sizeText,
  wrong,
  type Outcome,
  type Probe,
  type ProbeContext,
} from './probe.ts'
import { judgeSpace } from './space-probe.ts'

export interface DirectoryToProbe {
  readonly folder: string
  readonly random: Random
  readonly root: HostRoot
  /** Of this process, for what to type; -1 where there are no such numbers. */
  readonly userId: number
  /** A file that says that the folder is one of ours. */
  readonly marker: string
}

/**
 * Whether a registry can keep its content in a folder: by doing there what a registry does. What did
 * not exist before is removed again.
 */
export async function* probeDirectory(wanted: DirectoryToProbe, context: ProbeContext): Probe {
  const { folder } = wanted
  let made: string | undefined
  try {
    const opened = yield* probing(context, 'storage:folder', `Creating ${folder}`, async () => {
      try {
        made = await mkdir(folder, { recursive: true, mode: 0o700 })
        return await judgeFolder(wanted, made !== undefined)
      } catch (error) {
        const user = wanted.userId < 0 ? 'mooring' : wanted.userId
        return wrong('MOOR-STO-001', { path: folder, reason: reasonOf(error), user })
      }
    })
    if (opened === 'failed') return opened
    yield* probing(context, 'storage:file-system', `Looking at the file system`, () =>
      judgeFileSystem(wanted),
    )
    const space = yield* probing(context, 'storage:space', `Looking at the free space`, async () =>
      judgeSpace(folder, await statfs(folder)),
    )
    // Where there is no room for it, the trial would take what is left.
    if (space === 'failed') return space
    return yield* tryFolder(wanted, context)
  } finally {
    if (made !== undefined) await removeMade(made, folder)
  }
}

/** Only empty folders go: something else may have come into them. */
async function removeMade(made: string, folder: string): Promise<void> {
  for (let one = folder; one.startsWith(made); one = path.dirname(one)) {
    const left = await readdir(one).catch(() => ['unreadable'])
    if (left.length > 0) return
    await rm(one, { recursive: true, force: true })
  }
}

async function judgeFolder(
  { folder, userId, marker }: DirectoryToProbe,
  isNew: boolean,
): Promise<Outcome> {
  const { uid, mode } = await stat(folder)
  const octal = (mode & 0o7777).toString(8).padStart(4, '0')
  const facts = { path: folder, owner: uid, mode: octal, user: userId }
  const entries = await readdir(folder)
  const others = entries.filter((name) => !name.startsWith('.') && name !== 'lost+found')
  const isOurs = existsSync(path.join(folder, marker))
  if (!isOurs && others.length > 0) {
    return doubtful('MOOR-STO-012', { ...facts, count: others.length })
  }
  if (!isNew && userId > 0 && uid !== userId) return doubtful('MOOR-STO-014', facts)
  if (!isNew && (mode & 0o007) !== 0) return doubtful('MOOR-STO-013', facts)
  return fine(`${folder} ${isNew ? 'can be created' : 'is there'}, mode ${octal}`, facts)
}

async function judgeFileSystem({ folder, root }: DirectoryToProbe): Promise<Outcome> {
  const mount = await findMount(await realpath(folder), root)
  if (mount === undefined) return fine('The kind of file system is not known here')
  const facts = { path: folder, kind: mount.kind, mount: mount.folder }
  const verdict = judgeMount(mount)
  if (verdict.state === 'failed') return wrong('MOOR-STO-002', { ...facts, kind: verdict.what })
  if (verdict.state === 'warning')
    return doubtful('MOOR-STO-003', { ...facts, reason: verdict.reason })
  const [own, system] = await Promise.all([stat(folder), stat('/')])
  const shared = own.dev === system.dev ? ', on the disk of the system' : ''
  return fine(`${mount.kind}, mounted at ${mount.folder}${shared}`, {
    ...facts,
    systemDisk: shared !== '',
  })
}

async function* tryFolder(
  { folder, random, userId }: DirectoryToProbe,
  context: ProbeContext,
): Probe {
  const { clock, signal } = context
  const trial = directoryTrial({ folder, clock, random, signal })
  const failing = (code: 'MOOR-STO-001' | 'MOOR-STO-007' | 'MOOR-STO-008' | 'MOOR-STO-011') => {
    return (error: unknown) =>
      wrong(code, { path: folder, reason: reasonOf(error), user: Math.max(userId, 0) })
  }
  const line = (
    what: string,
    trying: string,
    work: () => Promise<Outcome>,
    failed: (error: unknown) => Outcome,
  ) => probing(context, `storage:${what}`, trying, () => work().catch(failed))
  const unwritable = failing('MOOR-STO-008')
  try {
    const begun = yield* line(
      'begin',
      `Creating a folder in ${folder}`,
      async () => {
        await trial.begin()
        return fine(`Folders can be created in ${folder}`)
      },
      failing('MOOR-STO-001'),
    )
    if (begun === 'failed') return begun
    const written = yield* line(
      'write',
      'Writing 64 MiB',
      async () => judgeSpeed(folder, await trial.write()),
      unwritable,
    )
    if (written === 'failed') return written
    yield* line(
      'read',
      'Reading it back',
      async () => {
        await trial.readBack()
        return fine('What was written was read back')
      },
      failing('MOOR-STO-007'),
    )
    yield* line(
      'rename',
      'Renaming and linking files',
      async () => {
        await trial.rename()
        await trial.link()
        return fine('Files can be renamed and linked')
      },
      failing('MOOR-STO-011'),
    )
    yield* line(
      'case',
      'Looking at capital letters',
      async () => {
        const path = folder
        if (!(await trial.isCaseSensitive())) return doubtful('MOOR-STO-010', { path })
        return fine('Capital letters are told from small ones')
      },
      unwritable,
    )
    return yield* line(
      'delete',
      'Removing what was written',
      async () => {
        await trial.remove()
        return fine('Files can be removed')
      },
      unwritable,
    )
  } finally {
    await trial.end().catch(() => undefined)
  }
}

const slowBytesPerSecond = 20 * 1024 * 1024
const slowSyncMs = 60

function judgeSpeed(
  folder: string,
  { bytesPerSecond, syncMs }: { bytesPerSecond: number; syncMs: number },
): Outcome {
  const facts = {
    path: folder,
    rate: Math.round(bytesPerSecond / 1_000_000),
    sync: Math.round(syncMs * 10) / 10,
  }
  if (bytesPerSecond < slowBytesPerSecond || syncMs > slowSyncMs) {
    return doubtful('MOOR-STO-009', facts)
  }
  return fine(`${sizeText(bytesPerSecond)} a second, ${facts.sync} ms for a sync`, facts)
}
