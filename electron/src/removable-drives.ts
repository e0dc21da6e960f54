import { basename } from 'node:path'

import type { RemovableDrive } from './page-bridge.ts'

const mediaFolders = ['/media/', '/run/media/']

/** Drives that the desktop mounted for its user, out of `/proc/self/mounts`. */
export function drivesOfMounts(mounts: string): readonly RemovableDrive[] {
  return mounts.split('\n').flatMap((line) => {
    const [device = '', escaped = ''] = line.split(' ')
    const path = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(parseInt(octal, 8)),
    )
    const isMedia = mediaFolders.some((folder) => path.startsWith(folder))
    return device.startsWith('/dev/') && isMedia ? [{ path, label: basename(path) }] : []
  })
}

/** macOS shows every volume in one folder; the system's own is a link there. */
export function drivesOfVolumes(
  entries: readonly { readonly name: string; readonly isLink: boolean }[],
): readonly RemovableDrive[] {
  return entries
    .filter(({ name, isLink }) => !isLink && !name.startsWith('.'))
    .map(({ name }) => ({ path: `/Volumes/${name}`, label: name }))
}

/** Windows: every letter that answers, apart from the one the system lives on. */
export function drivesOfLetters(
  answers: (path: string) => boolean,
  systemDrive: string,
): readonly RemovableDrive[] {
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    .split('')
    .map((letter) => `${letter}:`)
    .filter((drive) => drive !== systemDrive.toUpperCase() && answers(`${drive}\\`))
    .map((drive) => ({ path: `${drive}\\`, label: drive }))
}
