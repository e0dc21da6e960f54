import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { readYaml } from '../../config/yaml-values.ts'
import type { Bundle, Settings } from './bundle.ts'

/** A config directory that cannot be read as a bundle, in words for a person. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
}

const certificateFile = /\.(?:crt|cert|key|pem)$/
const mostFiles = 1000
const largestFileBytes = 1024 * 1024
const deepestFolder = 4

/**
 * What a config directory holds; without config.yaml it has no settings.
 * @throws BundleError where config.yaml is no YAML or may not be read.
 */
export async function readBundle(
  configDir: string,
): Promise<Bundle & { readonly hasFile: boolean }> {
  const text = await readConfigText(configDir)
  return {
    config: text === undefined ? {} : parseSettings(text),
    certs: await readCertificates(configDir),
    hasFile: text !== undefined,
  }
}

/** @throws BundleError that names the lines, without quoting them. */
export function parseSettings(text: string): Settings {
  const { values, mistakes } = readYaml(text, 'core')
  if (mistakes.length > 0) {
    const lines = mistakes.map(
      ({ line, found, expected }) =>
        `config.yaml line ${String(line)}: found ${found}, expected ${expected}`,
    )
    throw new BundleError(lines.join('\n'))
  }
  return Object.fromEntries([...values].map(([key, { value }]) => [key, value]))
}

/** Undefined where there is none. */
export async function readConfigText(configDir: string): Promise<string | undefined> {
  const file = path.join(configDir, 'config.yaml')
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new BundleError(`cannot read ${file}: ${message}`)
  }
}

/** Keys and certificates below a folder, by relative path; hidden names and folders are left out. */
async function readCertificates(configDir: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = (await namesBelow(configDir, '', deepestFolder)).filter(isPartOfBundle)
  const certs = new Map<string, Buffer>()
  for (const name of files.toSorted().slice(0, mostFiles)) {
    const file = path.join(configDir, name)
    const facts = await stat(file).catch(() => undefined)
    if (facts?.isFile() !== true || facts.size > largestFileBytes) continue
    const content = await readFile(file).catch(() => undefined)
    if (content !== undefined) certs.set(name, content)
  }
  return certs
}

/** Quay takes files by their ending; authorities in mounts of secrets have none. */
function isPartOfBundle(name: string): boolean {
  return certificateFile.test(name) || name.startsWith('extra_ca')
}

async function namesBelow(root: string, folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith('.'))
      .map(async (entry) => {
        const name = path.posix.join(folder, entry.name)
        if (!entry.isDirectory()) return [name]
        return depth > 0 ? namesBelow(root, name, depth - 1) : []
      }),
  )
  return found.flat()
}
