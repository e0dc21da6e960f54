/** Size of the buffer that a stream gets when all blocks are taken. */
const smallBytes = 64 * 1024

export type ReadPool = ReturnType<typeof readPool>

/**
 * Reusable read buffers, bounded in number. A client that doesn't read keeps its blocks, so when all
 * are taken a stream goes on with a small buffer of its own instead of waiting for somebody else.
 */
export function readPool({ blockBytes, blocks }: { blockBytes: number; blocks: number }) {
  const free: Buffer[] = []
  let allocated = 0

  return {
    take(): Buffer {
      const block = free.pop()
      if (block) return block
      if (allocated === blocks) return Buffer.allocUnsafeSlow(smallBytes)
      allocated += 1
      return Buffer.allocUnsafeSlow(blockBytes)
    },

    give(buffer: Buffer): void {
      if (buffer.length === blockBytes) free.push(buffer)
    },

    /** Instead of `give`, when a socket may still be reading from the buffer. */
    forget(buffer: Buffer): void {
      if (buffer.length === blockBytes) allocated -= 1
    },
  }
}
