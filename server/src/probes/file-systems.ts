import path from 'node:path'
import { readHostFile, type HostRoot } from './host-files.ts'

export interface Mount {
  readonly folder: string
  /** `ext4`, `nfs4`, `tmpfs` … */
  readonly kind: string
  readonly options: readonly string[]
}

/** The mount that a path lies on, by the longest of their folders; undefined off Linux. */
export async function findMount(target: string, root: HostRoot = '/'): Promise<Mount | undefined> {
  const mounts = parseMounts((await readHostFile(root, 'proc/self/mountinfo')) ?? '')
  let best: Mount | undefined
  for (const mount of mounts) {
    // A later mount on the same folder hides the one before.
    if (isWithin(target, mount.folder) && mount.folder.length >= (best?.folder.length ?? 0)) {
      best = mount
    }
  }
  return best
}

/** `36 35 98:0 /mnt1 /mnt/parent rw,noatime master:1 - ext3 /dev/root rw,errors=continue` */
function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right] = line.split(' - ')
    const [, , , , folder, own = ''] = left.split(' ')
    if (folder === undefined || right === undefined) return []
    const [kind = '', , shared = ''] = right.split(' ')
    return [{ folder: unescape(folder), kind, options: [...own.split(','), ...shared.split(',')] }]
  })
}

/** Space, tab, newline and backslash are written in octal. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}

function isWithin(target: string, folder: string): boolean {
  const relative = path.relative(folder, target)
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative))
}

const useless = new Map([
  ['tmpfs', 'memory (tmpfs)'],
  ['ramfs', 'memory (ramfs)'],
  ['vfat', 'a FAT file system'],
  ['msdos', 'a FAT file system'],
  ['exfat', 'an exFAT file system'],
  ['iso9660', 'a CD'],
  ['squashfs', 'a read-only image'],
])

const doubtfulKinds = new Map([
  ['overlay', 'what is written there is gone with the container'],
  ['cifs', 'a network share, where locks and renames are not always kept'],
  ['smb3', 'a network share, where locks and renames are not always kept'],
  ['9p', 'a share of the host, where locks and renames are not always kept'],
  ['fuse.sshfs', 'a network share, where locks and renames are not always kept'],
])

export type MountVerdict =
  | { readonly state: 'ok' }
  | { readonly state: 'warning'; readonly reason: string }
  | { readonly state: 'failed'; readonly what: string }

/** Whether a registry may keep its content there. */
export function judgeMount({ kind, options }: Mount): MountVerdict {
  const what = useless.get(kind)
  if (what !== undefined) return { state: 'failed', what }
  const reason = doubtfulKinds.get(kind)
  if (reason !== undefined) return { state: 'warning', reason }
  const isNfs = /^nfs\d?$/.test(kind)
  if (isNfs && (options.includes('nolock') || options.includes('local_lock=all'))) {
    return { state: 'warning', reason: 'a network mount without locks' }
  }
  return { state: 'ok' }
}
