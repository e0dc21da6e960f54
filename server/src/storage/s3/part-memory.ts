export interface PartBlock {
  readonly bytes: Buffer
  /** Nothing reads from it any more. */
  give(): void
  /** Instead of `give`, when a socket may still be reading from it. */
  forget(): void
}

/**
 * The memory for parts on their way, over all commits: those that find it taken wait in line. Blocks
 * of the usual size are used again, so that a steady stream of them needs no collector.
 */
export function partMemory({ partBytes, totalBytes }: { partBytes: number; totalBytes: number }) {
  const free: Buffer[] = []
  const waiting: { sizeBytes: number; wake: () => void }[] = []
  let takenBytes = 0

  const fits = (sizeBytes: number) => takenBytes === 0 || takenBytes + sizeBytes <= totalBytes

  function release(sizeBytes: number): void {
    takenBytes -= sizeBytes
    for (let next = waiting[0]; next !== undefined && fits(next.sizeBytes); next = waiting[0]) {
      waiting.shift()
      takenBytes += next.sizeBytes
      next.wake()
    }
  }

  return {
    async take(sizeBytes: number): Promise<PartBlock> {
      if (waiting.length === 0 && fits(sizeBytes)) takenBytes += sizeBytes
      else await new Promise<void>((wake) => waiting.push({ sizeBytes, wake }))
      const isUsual = sizeBytes === partBytes
      const bytes = (isUsual ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(sizeBytes)
      return {
        bytes,
        give() {
          if (isUsual) free.push(bytes)
          release(sizeBytes)
        },
        forget() {
          release(sizeBytes)
        },
      }
    },
  }
}

export type PartMemory = ReturnType<typeof partMemory>
