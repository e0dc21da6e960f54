import { createHash } from 'node:crypto'
import { open, readFile, rm } from 'node:fs/promises'
import { BundleFault } from '../bundle-fault.ts'
import { sumsName } from '../bundle-names.ts'
import { hashRange } from '../fill-file.ts'
import { discardStale, StaleVolume } from './age-writer.ts'

type OnBytes = (file: string, bytes: number) => void

/** Writes a volume, and once more from its beginning when an earlier run left what does not fit. */
export async function whileFresh(
  path: string,
  onBytes: OnBytes,
  write: (onBytes: OnBytes) => Promise<void>,
): Promise<void> {
  let counted = 0
  try {
    await write((file, bytes) => {
      counted += bytes
      onBytes(file, bytes)
    })
  } catch (error) {
    if (!(error instanceof StaleVolume)) throw error
    await discardStale(path)
    onBytes('', -counted)
    await write(onBytes)
  }
}

/** Whether the medium gives back what was written; what is in there nobody here can read any more. */
export async function readSealedAgain(
  number: number,
  path: string,
  contentBytes: number,
  { signal }: { readonly signal: AbortSignal },
  onBytes: OnBytes,
): Promise<void> {
  const hash = createHash('sha256')
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    let done = 0
    let told = 0
    await hashRange(handle, 0, size, hash, signal, (bytes) => {
      done += bytes
      const share = Math.floor((done / size) * contentBytes)
      onBytes('', share - told)
      told = share
    })
  } finally {
    await handle.close()
  }
  const sums = await readFile(sumsName(path), 'utf8')
  if (sums.startsWith(`${hash.digest('hex')} `)) return
  await rm(path, { force: true })
  throw new BundleFault('write-failed', '', { volume: number, file: path })
}
