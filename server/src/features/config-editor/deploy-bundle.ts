import { constants } from 'node:fs'
import { access, chmod, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { syncDirectory, writeFileDurably } from '../../platform/files.ts'

/** A bundle that is being written; not there before all of it is safe. */
const incoming = '.deploying'
const begun = '.deploying.part'
/** What was there before, for whoever wants it back. */
const previous = '.previous'

const fileMode = 0o600

export interface BundleFiles {
  readonly configText: string
  readonly files: ReadonlyMap<string, Buffer>
}

export async function isWritable(configDir: string): Promise<boolean> {
  return access(configDir, constants.W_OK).then(
    () => true,
    () => false,
  )
}

/**
 * Puts a bundle into a config directory, all of it or none: it is written beside, named as complete,
 * then moved file by file, which `settleDeployment` goes on with after a power cut. What it replaces
 * is kept in `.previous`; files that the bundle does not have stay.
 */
export async function deployBundle(configDir: string, bundle: BundleFiles): Promise<void> {
  await settleDeployment(configDir)
  const all = new Map([['config.yaml', Buffer.from(bundle.configText)], ...bundle.files])
  await keepPrevious(configDir, [...all.keys()])
  const part = path.join(configDir, begun)
  for (const [name, content] of all) await writeInto(part, name, content)
  await syncDirectory(part)
  await rename(part, path.join(configDir, incoming))
  await syncDirectory(configDir)
  await settleDeployment(configDir)
}

/** Ends what a deployment began: complete ones are finished, others forgotten. Safe to repeat. */
export async function settleDeployment(configDir: string): Promise<void> {
  await rm(path.join(configDir, begun), { recursive: true, force: true })
  const from = path.join(configDir, incoming)
  const names = await filesBelow(from, '')
  // config.yaml comes last: it names the other files.
  for (const name of names.toSorted(
    (a, b) => Number(a === 'config.yaml') - Number(b === 'config.yaml'),
  )) {
    await writeInto(configDir, name, await readFile(path.join(from, name)))
  }
  if (names.length === 0) return
  await rm(from, { recursive: true, force: true })
  await syncDirectory(configDir)
}

async function keepPrevious(configDir: string, names: readonly string[]): Promise<void> {
  const folder = path.join(configDir, previous)
  await rm(folder, { recursive: true, force: true })
  for (const name of names) {
    const content = await readFile(path.join(configDir, name)).catch(() => undefined)
    if (content !== undefined) await writeInto(folder, name, content)
  }
}

async function writeInto(folder: string, name: string, content: Buffer): Promise<void> {
  const file = path.join(folder, name)
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const mode = await stat(file).then(
    (facts) => facts.mode & 0o777,
    () => fileMode,
  )
  await writeFileDurably(file, content, mode)
  await chmod(file, mode)
}

async function filesBelow(root: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries.map((entry) => {
      const name = path.posix.join(folder, entry.name)
      if (entry.isDirectory()) return filesBelow(root, name)
      return Promise.resolve(name.endsWith('.part') ? [] : [name])
    }),
  )
  return found.flat()
}
