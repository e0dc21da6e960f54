import { posix } from 'node:path'
import { z } from 'zod'

/** One system, or a list of them. */
const Systems = z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional()

const Dependencies = z.record(z.string(), z.string()).default({})

const LockedPackage = z.object({
  link: z.boolean().default(false),
  resolved: z.string().optional(),
  dependencies: Dependencies,
  optionalDependencies: Dependencies,
  peerDependencies: Dependencies,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean() })).default({}),
  os: Systems,
  cpu: Systems,
  libc: Systems,
})

export const LockFile = z.object({ packages: z.record(z.string(), LockedPackage) })

export type LockFile = z.infer<typeof LockFile>

export interface Target {
  readonly platform: string
  readonly arch: string
}

/**
 * The folders, below the project's root, of everything that a workspace needs when it runs on
 * `target`, as the lock file has it; the workspace itself comes first.
 */
export function productionPackages(
  { packages }: LockFile,
  workspace: string,
  target: Target,
): readonly string[] {
  const found = new Set<string>()
  const queue = [workspace]
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    if (found.has(folder)) continue
    found.add(folder)
    const own = packages[folder]
    if (own === undefined) throw new Error(`the lock file does not know ${folder}`)
    const required = Object.keys(own.dependencies)
    const optional = [
      ...Object.keys(own.optionalDependencies),
      ...Object.keys(own.peerDependencies),
    ].filter((name) => !required.includes(name))
    for (const name of required) queue.push(resolve(packages, folder, name))
    for (const name of optional) {
      const at = find(packages, folder, name)
      const isOptionalPeer = own.peerDependenciesMeta[name]?.optional === true
      if (at !== undefined && !isOptionalPeer && runsOn(packages[at], target)) queue.push(at)
    }
  }
  return [...found]
}

function resolve(packages: LockFile['packages'], from: string, name: string): string {
  const at = find(packages, from, name)
  if (at === undefined) throw new Error(`the lock file has no ${name} for ${from}`)
  return at
}

/** Node's own way up: the nearest `node_modules` that has it; a link stands for its folder. */
function find(packages: LockFile['packages'], from: string, name: string): string | undefined {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const at = posix.join(folder === '.' ? '' : folder, 'node_modules', name)
    const entry = packages[at]
    if (entry !== undefined) return entry.link ? entry.resolved : at
    if (folder === '.' || folder === '') return undefined
  }
}

function runsOn(entry: LockFile['packages'][string] | undefined, target: Target): boolean {
  if (entry === undefined) return false
  const fits = (list: readonly string[] | undefined, value: string) =>
    list === undefined || list.includes(value)
  const libc = target.platform === 'linux' ? fits(entry.libc, 'glibc') : true
  return fits(entry.os, target.platform) && fits(entry.cpu, target.arch) && libc
}
