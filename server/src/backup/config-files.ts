import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'

import { isMissing } from './backup-target.ts'

export interface ConfigFile {
  /** Below the config directory, with slashes. */
  readonly path: string
  readonly mode: number
  readonly content: Buffer
}

const filesAtMost = 10_000
const bytesAtMost = 32 * 1024 * 1024

/**
 * Names of everything in a config directory that belongs to the configuration: config.yaml,
 * certificates, keys and what else lies there, but for files that are being written and the folders
 * behind the links of a Kubernetes volume.
 */
export async function listConfigFiles(configDir: string): Promise<readonly string[]> {
  const found: string[] = []
  const walk = async (folder: string) => {
    for (const name of (await readdir(path.join(configDir, folder))).sort()) {
      const relative = folder === '' ? name : `${folder}/${name}`
      if (name.startsWith('..') || name.endsWith('.part')) continue
      const entry = await stat(path.join(configDir, relative)).catch((error: unknown) => {
        if (isMissing(error)) return undefined
        throw error
      })
      if (entry?.isDirectory()) await walk(relative)
      else if (entry?.isFile()) found.push(relative)
      if (found.length > filesAtMost) throw new Error(`${configDir} holds too many files`)
    }
  }
  await walk('')
  return found
}

export async function readConfigFiles(configDir: string): Promise<readonly ConfigFile[]> {
  const files: ConfigFile[] = []
  for (const name of await listConfigFiles(configDir)) {
    const file = path.join(configDir, name)
    const { mode, size } = await stat(file)
    if (size > bytesAtMost) throw new Error(`${file} is too large for a configuration`)
    files.push({ path: name, mode: mode & 0o777, content: await readFile(file) })
  }
  return files
}
