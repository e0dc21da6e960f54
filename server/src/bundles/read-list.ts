import { createHash } from 'node:crypto'
import { digestHex, type Digest } from '../storage/digest.ts'
import { BundleFault } from './bundle-fault.ts'
import { hashStored, streamStored, type Volume } from './volume.ts'

const longestLine = 4 * 2 ** 20
const largestList = 1024 * 2 ** 20
const newline = 10

export interface ListOptions<T> {
  /** Absent: the list is not signed. */
  readonly digest?: Digest | undefined
  readonly mostLines: number
  readonly parse: (value: unknown) => T
  readonly signal?: AbortSignal | undefined
}

/**
 * A list with one JSON value a line, never held as one text. Nothing of it is handed out before its
 * hash was found right.
 */
export async function readList<T>(
  volume: Volume,
  name: string,
  { digest, mostLines, parse, signal }: ListOptions<T>,
): Promise<readonly T[]> {
  const { handle, sizeBytes } = await volume.open(name)
  await handle.close()
  if (sizeBytes > largestList) throw new BundleFault('too-large', '', { file: name })
  // First of all: what nobody signed may be made to fill the memory.
  if (digest !== undefined) await requireSigned(volume, name, digest, signal)
  const hash = createHash('sha256')
  const rows: T[] = []
  let fault: BundleFault | undefined
  let number = 0
  const take = (line: Buffer) => {
    number++
    const place = { file: name, line: number }
    if (number > mostLines) throw new BundleFault('too-large', '', place)
    try {
      rows.push(parse(JSON.parse(line.toString('utf8'))))
    } catch (error) {
      fault = new BundleFault('list-invalid', reasonOf(error), place, { cause: error })
    }
  }
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of (await streamStored(volume, name, 0)) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted()
    hash.update(chunk)
    if (fault !== undefined) continue
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      const line = chunk.subarray(from, end)
      take(rest.length === 0 ? line : Buffer.concat([rest, line]))
      rest = Buffer.alloc(0)
      from = end + 1
      if (hasFailed()) break
    }
    rest = Buffer.concat([rest, chunk.subarray(from)])
    if (rest.length > longestLine) {
      fault = new BundleFault('too-large', '', { file: name, line: number + 1 })
    }
  }
  if (digest !== undefined && hash.digest('hex') !== digestHex(digest)) {
    throw new BundleFault('list-swapped', '', { file: name })
  }
  if (fault !== undefined) throw fault
  if (rest.length > 0) {
    throw new BundleFault('list-invalid', 'It ends within a line.', {
      file: name,
      line: number + 1,
    })
  }
  return rows

  function hasFailed() {
    return fault !== undefined
  }
}

async function requireSigned(
  volume: Volume,
  name: string,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { sha256 } = await hashStored(volume, name, signal)
  if (sha256 !== digestHex(digest)) throw new BundleFault('list-swapped', '', { file: name })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 300) : ''
}
