import { Header, Pax } from 'tar'
import { roundUp, tarHeaderBytes } from './file-cost.ts'

export const tarBlock = 512

/** The blocks in front of a file's bytes: always the same for the same name, size and time. */
export function tarHeader(name: string, sizeBytes: number, createdAt: number): Buffer {
  const mtime = new Date(Math.floor(createdAt / 1000) * 1000)
  const blocks: Buffer[] = []
  const isLong = tarHeaderBytes(name) > tarBlock
  if (isLong) blocks.push(new Pax({ path: name, mtime }, false).encode())
  const header = new Header({
    path: isLong ? name.slice(-100) : name,
    ...{ mode: 0o644, uid: 0, gid: 0, uname: '', gname: '' },
    ...{ type: 'File' as const, size: sizeBytes, mtime },
  })
  const block = Buffer.alloc(tarBlock)
  header.encode(block, 0)
  blocks.push(block)
  return Buffer.concat(blocks)
}

export const paddedBytes = (sizeBytes: number): number => roundUp(sizeBytes, tarBlock)
