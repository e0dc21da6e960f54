import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Digest } from '../storage/digest.ts'
import { BundleFault } from './bundle-fault.ts'
import { DigestText } from './bundle-lists.ts'
import { isLeftBySystem, names } from './bundle-names.ts'
import { canonicalJson } from './canonical-json.ts'
import { codeOf, syncFolder } from './medium.ts'

/** What a later run has to know of this one; its first line says which bundle is being written. */
export interface WriteJournal {
  /** SHA-256 of a blob's files: of its parts, or of the one file. */
  readonly sums: ReadonlyMap<Digest, readonly string[]>
  readonly finished: ReadonlySet<number>
  noteSums(digest: Digest, sums: readonly string[]): Promise<void>
  noteFinished(volume: number): Promise<void>
  close(): Promise<void>
  /** The bundle is complete. */
  remove(): Promise<void>
}

const Line = z.union([
  z.strictObject({ digest: DigestText, sums: z.array(z.string().regex(/^[a-f0-9]{64}$/)) }),
  z.strictObject({ finished: z.int() }),
])

const Header = z.object({ bundle: z.string() })

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

/**
 * @param wanted the bundle, and its plan and how it is written; another in the same folder is refused.
 * @param mayHoldOthers the folder is not the bundle's own.
 * @returns undefined when the folder has content but no journal: finished, or somebody else's.
 */
export async function openWriteJournal(
  folder: string,
  { bundle, work }: { readonly bundle: string; readonly work: string },
  mayHoldOthers: boolean,
): Promise<WriteJournal | undefined> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, names.journal)
  const text = await readIfThere(path)
  if (text === undefined && !mayHoldOthers && !(await isEmptyFolder(folder))) return undefined
  const [first, ...rest] = (text ?? '').split('\n')
  const header = canonicalJson({ bundle, work })
  // A header that was cut short by a crash is the beginning of ours, and nothing was written yet.
  if (first !== undefined && first !== header && !(rest.length === 0 && header.startsWith(first))) {
    throw new BundleFault('target-in-use', 'Another bundle was begun there.', { file: folder })
  }
  const { sums, finished } = readLines(rest)
  const handle = await open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o644)
  const write = async (line: unknown) => {
    await handle.appendFile(`${canonicalJson(line)}\n`)
    await handle.sync()
  }
  if (rest.length === 0) {
    await handle.truncate(0)
    await write({ bundle, work })
  } else if (rest.at(-1) !== '') await handle.appendFile('\n')
  await writeFile(join(folder, names.note), noteText(bundle))
  await syncFolder(folder)
  let isOpen = true
  const close = async () => {
    if (isOpen) await handle.close()
    isOpen = false
  }
  return {
    sums,
    finished,
    async noteSums(digest, found) {
      sums.set(digest, found)
      await write({ digest, sums: found })
    },
    async noteFinished(volume) {
      finished.add(volume)
      await write({ finished: volume })
    },
    close,
    async remove() {
      await close()
      await rm(join(folder, names.note), { force: true })
      await rm(path, { force: true })
      await syncFolder(folder)
    },
  }
}

const noteText = (bundle: string) =>
  [
    `Bundle ${bundle} is still being written here, or was broken off.`,
    'It cannot be used as it is. The same command, or "Resume", goes on with it;',
    'otherwise everything in this folder may be deleted.',
    '',
  ].join('\n')

/** The bundle that a journal is about. */
export function journalBundle(text: string): string | undefined {
  const header = Header.safeParse(parseJson(text.split('\n', 1)[0] ?? ''))
  return header.success ? header.data.bundle : undefined
}

function readLines(lines: readonly string[]) {
  const sums = new Map<Digest, readonly string[]>()
  const finished = new Set<number>()
  for (const line of lines) {
    const parsed = Line.safeParse(parseJson(line))
    // The last line of a run that was killed may be half a line.
    if (!parsed.success) continue
    if ('finished' in parsed.data) finished.add(parsed.data.finished)
    else sums.set(parsed.data.digest, parsed.data.sums)
  }
  return { sums, finished }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export async function isEmptyFolder(folder: string): Promise<boolean> {
  return (await readdir(folder)).every(isLeftBySystem)
}
