import { createHash, randomFillSync, type Hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'

export interface SourceBlob {
  readonly file: string
  readonly digest: string
  readonly sizeBytes: number
}

/** Files to push, in memory if the folder is: reading them must not be what is measured. */
export interface MemorySources {
  /**
   * `count` files of random content never pushed before. Only their last bytes change from one call
   * to the next, so that making and hashing them costs nothing; the files are those of the call before.
   */
  fresh(count: number): Promise<readonly SourceBlob[]>
  /** The same from files that are holes but for their end, where `count` real ones would not fit. */
  freshSparse(count: number): Promise<readonly SourceBlob[]>
}

interface Base {
  readonly file: string
  /** State of the hash after everything but the tail. */
  readonly prefix: Hash
}

const tailBytes = 4096
const stepBytes = 1 << 20

export function createMemorySources(parent: string, sizeBytes: number): MemorySources {
  const folder = join(parent, 'sources')
  mkdirSync(folder, { recursive: true })
  const random: Base[] = []
  let sparsePrefix: Hash | undefined

  return {
    async fresh(count) {
      while (random.length < count) {
        random.push(await writeRandom(join(folder, `random-${random.length}`), sizeBytes))
      }
      return Promise.all(random.slice(0, count).map((base) => renew(base, sizeBytes)))
    },
    async freshSparse(count) {
      const prefix = (sparsePrefix ??= hashOfZeros(sizeBytes - tailBytes))
      const files = Array.from({ length: count }, (_, at) => join(folder, `sparse-${at}`))
      return Promise.all(
        files.map(async (file) => {
          await rm(file, { force: true })
          await (await open(file, 'w')).close()
          await truncate(file, sizeBytes)
          return renew({ file, prefix }, sizeBytes)
        }),
      )
    },
  }
}

async function writeRandom(file: string, sizeBytes: number): Promise<Base> {
  const prefix = createHash('sha256')
  const chunk = randomFillSync(Buffer.alloc(stepBytes))
  await using handle = await open(file, 'w')
  for (let at = 0; at < sizeBytes - tailBytes; at += stepBytes) {
    chunk.writeBigUInt64BE(BigInt(at))
    const part = chunk.subarray(0, Math.min(stepBytes, sizeBytes - tailBytes - at))
    prefix.update(part)
    await handle.write(part)
  }
  return { file, prefix }
}

async function renew({ file, prefix }: Base, sizeBytes: number): Promise<SourceBlob> {
  const tail = randomFillSync(Buffer.alloc(tailBytes))
  await using handle = await open(file, 'r+')
  await handle.write(tail, 0, tail.length, sizeBytes - tailBytes)
  return { file, digest: `sha256:${prefix.copy().update(tail).digest('hex')}`, sizeBytes }
}

function hashOfZeros(sizeBytes: number): Hash {
  const hash = createHash('sha256')
  const zeros = Buffer.alloc(stepBytes)
  for (let at = 0; at < sizeBytes; at += stepBytes) {
    hash.update(zeros.subarray(0, Math.min(stepBytes, sizeBytes - at)))
  }
  return hash
}
