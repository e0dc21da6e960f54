import { lstat, mkdir, readdir, realpath, statfs } from 'node:fs/promises'
import path from 'node:path'

import { Problem } from '../../problem.ts'

export type BundlePlaces = ReturnType<typeof createBundlePlaces>

const mostFolders = 500

/** Directories of the server where bundles that people name by a path may lie. */
export function createBundlePlaces({ roots }: { roots: readonly string[] }) {
  const advice = `Bundles may lie below ${roots.join(', ')} (MOORING_BUNDLE_PATHS).`

  function refuse(given: string): never {
    throw new Problem('rule-violated', {
      message: `${given.slice(0, 200)} is no place for bundles. ${advice}`,
    })
  }

  /** The nearest folder above that is there, with what is missing below it. */
  async function existing(place: string): Promise<string> {
    for (let folder = place; ; folder = path.dirname(folder)) {
      try {
        return path.join(await realpath(folder), path.relative(folder, place))
      } catch (error) {
        if (!isMissing(error) || path.dirname(folder) === folder) throw error
      }
    }
  }

  /** @throws Problem `rule-violated` for a path that is, or leads through a link, anywhere else. */
  async function resolve(given: string): Promise<string> {
    if (given.includes('\0')) refuse(given)
    const [first = ''] = roots
    const wanted = path.resolve(first, given)
    const root = roots.find((one) => isInside(one, wanted))
    if (root === undefined) refuse(given)
    const real = await existing(wanted).catch(() => refuse(given))
    const realRoot = await existing(root).catch(() => refuse(given))
    if (!isInside(realRoot, real)) refuse(given)
    return real
  }

  return {
    resolve,

    /** A folder that a bundle is written to: made when it is not there, but never a whole place. */
    async resolveTarget(given: string): Promise<string> {
      const target = await resolve(given)
      for (const root of roots) {
        if ((await existing(root).catch(() => root)) === target) {
          throw new Problem('rule-violated', {
            message: `${target} holds all bundles: name a folder in it.`,
          })
        }
      }
      return target
    },

    /**
     * A folder that bundles are written into, each in one of its own; the first place when none is
     * given. Made when it is not there, but never on a drive that is not.
     */
    async resolveMedium(given: string): Promise<string> {
      const medium = await resolve(given)
      const [first = ''] = roots
      const root = roots.find((one) => isInside(one, path.resolve(first, given))) ?? first
      if (root !== first && (await statfs(root).catch(() => undefined)) === undefined) {
        throw new Problem('rule-violated', {
          message: `${root} is not there now. Insert the drive.`,
        })
      }
      await mkdir(medium, { recursive: true, mode: 0o700 })
      return medium
    },

    /** Where a bundle goes for which nobody named a place. */
    async defaultTarget(bundleId: string): Promise<string> {
      const [first = ''] = roots
      await mkdir(first, { recursive: true, mode: 0o700 })
      return resolve(path.join(first, `bundle-${bundleId}`))
    },

    async list() {
      return Promise.all(
        roots.map(async (root) => {
          const free = await statfs(root).catch(() => undefined)
          if (free === undefined) {
            return { path: root, exists: false, freeBytes: null, bundles: [] }
          }
          return {
            path: root,
            exists: true,
            freeBytes: free.bavail * free.bsize,
            bundles: await bundlesIn(root),
          }
        }),
      )
    },
  }
}

async function bundlesIn(root: string): Promise<readonly string[]> {
  const found: string[] = []
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  for (const entry of entries.slice(0, mostFolders)) {
    const place = path.join(root, entry.name)
    const looksRight = entry.isDirectory()
      ? (await isThere(path.join(place, 'oci-layout'))) || (await hasVolumes(place))
      : entry.isFile() && /\.tar(?:\.age)?$/.test(entry.name)
    if (looksRight) found.push(place)
  }
  if (await isThere(path.join(root, 'oci-layout'))) found.push(root)
  return found.sort()
}

async function hasVolumes(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => [])
  return names.some(
    (name) => /^vol-\d{3,5}$/.test(name) || /^bundle-[0-9A-Z]{26}.*\.tar(?:\.age)?$/.test(name),
  )
}

const isThere = (file: string) =>
  lstat(file).then(
    () => true,
    () => false,
  )

export function isInside(folder: string, place: string): boolean {
  const relative = path.relative(folder, place)
  return relative === '' || !(relative.startsWith('..') || path.isAbsolute(relative))
}

const isMissing = (error: unknown) =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

/** Of the nearest folder that is there; null where nothing is known. */
export async function freeBytesAt(target: string | undefined): Promise<number | null> {
  if (target === undefined) return null
  for (let folder = target; ; folder = path.dirname(folder)) {
    const found = await statfs(folder).catch(() => undefined)
    if (found !== undefined) return found.bavail * found.bsize
    if (path.dirname(folder) === folder) return null
  }
}
