import { readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { readHostFile, type HostRoot } from './host-files.ts'

export interface PortOwner {
  readonly program: string
  readonly processId: number
}

const listening = '0A'

/** Who listens on a TCP port of this machine, as far as this user may know. */
export async function findPortOwner(
  port: number,
  root: HostRoot = '/',
): Promise<PortOwner | undefined> {
  const inodes = await listeningInodes(port, root)
  if (inodes.size === 0) return undefined
  const processes = await readdir(path.join(root, 'proc')).catch(() => [])
  for (const name of processes.filter((entry) => /^\d+$/.test(entry))) {
    if (!(await hasOneOf(path.join(root, 'proc', name, 'fd'), inodes))) continue
    const program = (await readHostFile(root, `proc/${name}/comm`)) ?? ''
    return { program, processId: Number(name) }
  }
  return undefined
}

/** `sl local_address rem_address st … inode`, addresses and ports in hexadecimal. */
async function listeningInodes(port: number, root: HostRoot): Promise<ReadonlySet<string>> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = new Set<string>()
  for (const table of ['tcp', 'tcp6']) {
    const lines = ((await readHostFile(root, `proc/net/${table}`)) ?? '').split('\n').slice(1)
    for (const line of lines) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      if (state === listening && local.endsWith(wanted)) inodes.add(`socket:[${inode}]`)
    }
  }
  return inodes
}

async function hasOneOf(folder: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(folder).catch(() => [])
  for (const file of files) {
    const target = await readlink(path.join(folder, file)).catch(() => '')
    if (inodes.has(target)) return true
  }
  return false
}
