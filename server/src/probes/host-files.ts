import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** Where `/proc`, `/sys` and `/etc` lie: `/`, and a folder of its own in a test. */
export type HostRoot = string

/** A file that says something about the host, without the white space around it. */
export async function readHostFile(root: HostRoot, file: string): Promise<string | undefined> {
  return readFile(path.join(root, file), 'utf8').then(
    (text) => text.replaceAll('\0', '').trim(),
    () => undefined,
  )
}
