/** A piece of the shared memory that upload bytes wait in until a worker has written them. */
export interface StagingBlock {
  readonly bytes: Buffer
  /** Offset of the block in the shared memory. */
  readonly from: number
}

/** Somebody who holds a partly filled block and can hand it off early. */
export type BlockHolder = () => void

export type StagingPool = ReturnType<typeof stagingPool>

/**
 * A fixed number of blocks shared by all uploads: the bound on what pushes can take of memory. A slow
 * client sits on a partly filled block; when another one waits, holders are told to let go early, so
 * that nobody waits for a client.
 */
export function stagingPool({ blockBytes, blocks }: { blockBytes: number; blocks: number }) {
  const memory = new SharedArrayBuffer(blockBytes * blocks)
  const free = Array.from({ length: blocks }, (_, index): StagingBlock => {
    const from = index * blockBytes
    return { bytes: Buffer.from(memory, from, blockBytes), from }
  }).reverse()
  const waiting: ((block: StagingBlock) => void)[] = []
  const holders = new Set<BlockHolder>()

  return {
    memory,
    blockBytes,
    holders,

    take: (): StagingBlock | undefined => free.pop(),

    /** Waits in line for a block. */
    next(): Promise<StagingBlock> {
      return new Promise((resolve) => {
        waiting.push(resolve)
        for (const letGo of [...holders]) letGo()
      })
    },

    give(block: StagingBlock): void {
      const waiter = waiting.shift()
      if (waiter) waiter(block)
      else free.push(block)
    },

    freeBlocks: () => free.length,
  }
}
