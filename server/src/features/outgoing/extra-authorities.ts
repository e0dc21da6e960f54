import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { certificatesIn } from '@mooring/certs'
import type { Logger } from '../../platform/logger.ts'

/** A file of `extra_ca_certs` and what it holds. */
export interface ExtraAuthorityFile {
  /** Relative to the config directory. */
  readonly file: string
  /** One PEM each; none where the file is of no use. */
  readonly certificates: readonly string[]
  /** Why the file was passed over. */
  readonly problem?: string
}

const largestFileBytes = 1024 * 1024
const mostFiles = 1000

/**
 * The authorities that a config directory adds to those that Node trusts: every file in
 * `extra_ca_certs`, that name as a single file, and `extra_ca*` files beside config.yaml, the form
 * of mounts that hold no folders. A file that is no certificate is listed with its problem.
 */
export async function readExtraAuthorities(
  configDir: string,
): Promise<readonly ExtraAuthorityFile[]> {
  const files = await authorityFiles(configDir)
  return Promise.all(files.map(({ file }) => readAuthorities(configDir, file)))
}

/**
 * Makes every outgoing connection of this process trust the extra authorities of a config directory,
 * now and, with each `refresh`, as they are by then. Connections that are open stay as they are. A
 * client that is given authorities of its own does not see these.
 */
export function createExtraTrust({ configDir, log }: { configDir: string; log: Logger }) {
  let applied: string | undefined
  let builtIn: readonly string[] | undefined

  return {
    async refresh(): Promise<'idle'> {
      const files = await authorityFiles(configDir)
      const version = files.map(({ file, version }) => `${file} ${version}`).join('\n')
      if (version === (applied ?? '')) return 'idle'
      const read = await Promise.all(files.map(({ file }) => readAuthorities(configDir, file)))
      for (const { file, problem } of read) {
        if (problem !== undefined) log.warn({ file, problem }, 'extra authority passed over')
      }
      const extra = read.flatMap(({ certificates }) => certificates)
      builtIn ??= getCACertificates('default')
      setDefaultCACertificates([...builtIn, ...extra])
      applied = version
      log.info({ files: read.length, certificates: extra.length }, 'extra authorities trusted')
      return 'idle'
    },
  }
}

/** The files, and of each what changes when it is written. */
async function authorityFiles(
  configDir: string,
): Promise<readonly { readonly file: string; readonly version: string }[]> {
  const inRoot = (await namesIn(configDir)).filter((name) => name.startsWith('extra_ca'))
  const inFolder = await namesIn(path.join(configDir, 'extra_ca_certs'))
  const candidates = [...inRoot, ...inFolder.map((name) => path.join('extra_ca_certs', name))]
  const found = await Promise.all(
    candidates.slice(0, mostFiles).map(async (file) => {
      const facts = await stat(path.join(configDir, file)).catch(() => undefined)
      if (facts?.isFile() !== true) return []
      return [{ file, version: `${String(facts.size)} ${String(facts.mtimeMs)}` }]
    }),
  )
  return found.flat()
}

/**
 * Hidden names are left out, in which mounts of secrets keep their versions, and what a power cut left
 * of a file that was being written.
 */
async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => !name.startsWith('.') && !name.endsWith('.part')).toSorted()
}

async function readAuthorities(configDir: string, file: string): Promise<ExtraAuthorityFile> {
  try {
    const full = path.join(configDir, file)
    if ((await stat(full)).size > largestFileBytes) {
      return { file, certificates: [], problem: 'it is larger than 1 MiB' }
    }
    return { file, certificates: certificatesIn(await readFile(full, 'latin1')) }
  } catch (error) {
    return {
      file,
      certificates: [],
      problem: error instanceof Error ? error.message : 'unreadable',
    }
  }
}
