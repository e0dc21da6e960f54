import { posix } from 'node:path'

/** The parts of package-lock.json that say what belongs to what. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>
}

export interface LockEntry {
  readonly version?: string
  readonly link?: boolean
  /** Of a link: the folder it leads to. */
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
}

export interface Platform {
  readonly os: string
  readonly cpu: string
  readonly libc: string
}

/**
 * The folders of everything that the given workspaces need to run on one platform: what
 * `npm ci --omit=dev` would install for them, read from the lock file alone.
 */
export function productionFolders(
  lock: Lock,
  workspaces: readonly string[],
  platform: Platform,
): readonly string[] {
  const found = new Set<string>()
  const visit = (location: string): void => {
    if (found.has(location)) return
    found.add(location)
    const entry = lock.packages[location]
    if (entry === undefined) throw new Error(`${location} is not in the lock file`)
    if (entry.link === true) {
      visit(entry.resolved ?? '')
      return
    }
    for (const [name, isOptional] of needs(entry)) {
      const target = resolveFrom(lock, location, name)
      const fits = target !== undefined && runsOn(lock.packages[target] ?? {}, platform)
      if (fits) visit(target)
      else if (!isOptional) throw new Error(`${location} needs ${name}, which is not to be had`)
    }
  }
  for (const workspace of workspaces) visit(workspace)
  return [...found].sort()
}

function needs(entry: LockEntry): ReadonlyMap<string, boolean> {
  const optional = Object.keys(entry.optionalDependencies ?? {})
  const peers = Object.keys(entry.peerDependencies ?? {})
  return new Map([
    ...peers.map((name) => [name, entry.peerDependenciesMeta?.[name]?.optional === true] as const),
    ...Object.keys(entry.dependencies ?? {}).map((name) => [name, false] as const),
    ...optional.map((name) => [name, true] as const),
  ])
}

/** As Node looks: in the package's own node_modules, then in those above it. */
function resolveFrom(lock: Lock, location: string, name: string): string | undefined {
  for (let folder = location; ; folder = posix.dirname(folder)) {
    if (folder === '.' || folder === '/') folder = ''
    if (posix.basename(folder) !== 'node_modules') {
      const candidate = posix.join(folder, 'node_modules', name)
      if (lock.packages[candidate] !== undefined) return candidate
    }
    if (folder === '') return undefined
  }
}

function runsOn({ os, cpu, libc }: LockEntry, platform: Platform): boolean {
  const allows = (list: readonly string[] | undefined, value: string) =>
    list === undefined || (list.includes(value) && !list.includes(`!${value}`))
  return allows(os, platform.os) && allows(cpu, platform.cpu) && allows(libc, platform.libc)
}
