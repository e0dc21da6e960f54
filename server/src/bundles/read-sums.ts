import { createHash } from 'node:crypto'
import { parseDigest, type Digest } from '../storage/digest.ts'
import { BundleFault } from './bundle-fault.ts'
import { isVolumeName, names, outsideSums } from './bundle-names.ts'
import { streamStored, type Volume } from './volume.ts'

const largestSums = 512 * 2 ** 20
const longestLine = 4096
const mostLines = 4_000_000

/** What the description says of SHA256SUMS: all of its lines but those of the description itself. */
export async function sumsDigest(volume: Volume): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const lines of linesOf(volume)) {
    for (const line of lines) {
      if (!outsideSums.has(line.slice(66))) hash.update(`${line}\n`, 'latin1')
    }
  }
  return parseDigest(`sha256:${hash.digest('hex')}`)
}

/** Lines of SHA256SUMS as `sha256sum` writes them; undefined when there are others. */
export async function readSums(volume: Volume): Promise<ReadonlyMap<string, string> | undefined> {
  const sums = new Map<string, string>()
  for await (const lines of linesOf(volume)) {
    for (const line of lines) {
      const [, sha256, name] = /^([a-f0-9]{64}) {2}(.+)$/.exec(line) ?? []
      if (sha256 === undefined || name === undefined) return undefined
      if (!isVolumeName(name) || sums.has(name) || sums.size === mostLines) return undefined
      sums.set(name, sha256)
    }
  }
  return sums
}

/** Some at a time, each byte as one character: nobody has vouched for the file, or for its size. */
async function* linesOf(volume: Volume): AsyncGenerator<readonly string[]> {
  const { handle, sizeBytes } = await volume.open(names.sums)
  await handle.close()
  if (sizeBytes > largestSums) throw new BundleFault('too-large', '', { file: names.sums })
  let rest = ''
  for await (const chunk of (await streamStored(volume, names.sums, 0)) as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestLine) {
      lines.push(rest)
      rest = ''
    }
    yield lines.filter((line) => line !== '')
  }
  if (rest !== '') yield [rest]
}
