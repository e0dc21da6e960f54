import { pipeline } from 'node:stream/promises'

import { linesOf } from '../platform/lines.ts'
import { BackupError } from './backup-codes.ts'
import { chooseBackup, type BackupManifest } from './backup-manifest.ts'
import { blobName, isMissing, type BackupTarget } from './backup-target.ts'
import { BlobDamaged, checking } from './content-copy.ts'
import type { ListedBlob } from './content-store.ts'
import { byFolder } from './listed-blobs.ts'
import type { ProgressMeter } from './progress.ts'
import { deriveKey } from './sealing.ts'
import { checkStored, drain, openStored } from './stored-file.ts'

export interface Verification {
  readonly manifest: BackupManifest
  /** Nothing of the backup is missing or damaged. */
  readonly isSound: boolean
  readonly problems: readonly string[]
}

const blobsAtOnce = 4

export interface VerifyParts {
  readonly target: BackupTarget
  readonly id?: string | undefined
  /** Without it what is sealed is checked as it is stored, but not opened. */
  readonly passphrase?: string | undefined
  readonly progress: ProgressMeter
  readonly signal: AbortSignal
}

/** Reads all of a backup and compares it with its manifest. */
export async function verifyBackup(parts: VerifyParts): Promise<Verification> {
  const { target, passphrase, progress, signal } = parts
  const manifest = await chooseBackup(target, parts.id)
  const { id, content } = manifest
  const key = await keyOf(manifest, passphrase)
  const problems: string[] = []
  const note = (problem: string) => {
    problems.push(problem)
    progress.fault(problem)
  }
  const attempt = async (work: () => Promise<void>) => {
    signal.throwIfAborted()
    await work().catch((error: unknown) => {
      if (!(error instanceof BackupError) || error.code !== 'MOOR-BAK-004') throw error
      note(error.message.split('\n', 1)[0] ?? '')
    })
  }
  progress.enter('verifying', {
    total: content?.sizeBytes ?? 0,
    itemsTotal: content?.blobs ?? 0,
  })
  for (const file of [...manifest.config, manifest.database]) {
    await attempt(() => checkStored(target, id, file))
    if (manifest.encryption !== null && key === undefined) continue
    await attempt(async () => drain(await openStored(target, id, file, key)))
  }
  if (content !== null) {
    await attempt(async () => {
      const lines = linesOf(await openStored(target, id, content.list, undefined))
      for await (const group of byFolder(lines)) {
        await verifyFolder(group, { target, progress, signal, note })
      }
    })
  }
  progress.end(problems.length === 0 ? 'done' : 'failed')
  return { manifest, isSound: problems.length === 0, problems }
}

/** @throws BackupError when the backup is sealed and no passphrase is given, where one is needed. */
export async function keyOf(
  { encryption }: BackupManifest,
  passphrase: string | undefined,
): Promise<Buffer | undefined> {
  if (encryption === null || passphrase === undefined) return undefined
  return deriveKey(passphrase, encryption)
}

async function verifyFolder(
  blobs: readonly ListedBlob[],
  {
    target,
    progress,
    signal,
    note,
  }: Pick<VerifyParts, 'target' | 'progress' | 'signal'> & {
    readonly note: (problem: string) => void
  },
): Promise<void> {
  let next = 0
  const work = async () => {
    for (let blob = blobs[next++]; blob !== undefined; blob = blobs[next++]) {
      signal.throwIfAborted()
      const problem = await blobProblem(target, blob)
      if (problem !== undefined) note(`${blobName(blob.digest)} ${problem}`)
      progress.finished(blob.digest, blob.sizeBytes)
    }
  }
  await Promise.all(Array.from({ length: blobsAtOnce }, work))
}

async function blobProblem(
  target: BackupTarget,
  { digest }: ListedBlob,
): Promise<string | undefined> {
  try {
    const stage = checking(digest)
    await Promise.all([pipeline(await target.read(blobName(digest)), stage), drain(stage)])
    return undefined
  } catch (error) {
    if (isMissing(error)) return 'is missing'
    if (error instanceof BlobDamaged) return 'is damaged'
    throw error
  }
}
