import { parseDigest } from '../storage/digest.ts'
import { blobName } from './backup-target.ts'
import type { ListedBlob } from './content-store.ts'

/** `sha256:… size [1|0]`; without the last, something refers to it. */
export function parseListed(line: string): ListedBlob {
  const [digest = '', size = '', referred = '1'] = line.split(' ')
  const sizeBytes = Number(size)
  if (!Number.isSafeInteger(sizeBytes)) throw new Error('a list of content is damaged')
  return { digest: parseDigest(digest), sizeBytes, isReferred: referred === '1' }
}

/** Blobs that lie in one folder of a target, folder after folder. */
export async function* byFolder(
  lines: AsyncIterable<string>,
): AsyncGenerator<readonly ListedBlob[]> {
  let group: ListedBlob[] = []
  let folder = ''
  for await (const line of lines) {
    const blob = parseListed(line)
    const its = folderOf(blob.digest)
    if (its !== folder && group.length > 0) {
      yield group
      group = []
    }
    folder = its
    group.push(blob)
  }
  if (group.length > 0) yield group
}

export function folderOf(digest: string): string {
  const name = blobName(digest)
  return name.slice(0, name.lastIndexOf('/'))
}
