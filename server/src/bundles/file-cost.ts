import type { BundleFormat, VolumeSize } from './bundle.ts'

/** What one file takes of a volume, with its line in SHA256SUMS. */
export type FileCost = (name: string, sizeBytes: number) => number

const tarBlock = 512
const sumBytes = 64 + '  \n'.length

export function fileCost(format: BundleFormat, { clusterBytes }: VolumeSize): FileCost {
  return (name, sizeBytes) => {
    const line = sumBytes + name.length
    return format === 'tar'
      ? tarHeaderBytes(name) + roundUp(sizeBytes, tarBlock) + line
      : roundUp(sizeBytes, clusterBytes) + line
  }
}

/** The file SHA256SUMS itself, whose lines are counted with their files, and the end of a tar. */
export function closingCost(format: BundleFormat, { clusterBytes }: VolumeSize): number {
  return format === 'tar'
    ? tarHeaderBytes('SHA256SUMS') + tarBlock + 2 * tarBlock + clusterBytes - 1
    : clusterBytes - 1
}

/** Names longer than a header takes come with an extended header of two blocks. */
export const tarHeaderBytes = (name: string): number =>
  name.length > 100 ? 3 * tarBlock : tarBlock

export const roundUp = (bytes: number, to: number): number => Math.ceil(bytes / to) * to
