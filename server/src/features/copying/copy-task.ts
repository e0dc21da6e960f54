import type { Digest } from '../../storage/digest.ts'
import type { CopyRequest, CopyResult } from './copy.ts'

/** What is known while one tag is copied. */
export interface CopyTask {
  readonly request: CopyRequest
  /** Of the manifest that is copied just now, where an index names it. */
  readonly platform?: string
  readonly tally: { -readonly [Count in CopyCount]: number }
  /** Manifests that were copied, or are being; by digest. */
  readonly manifests: Map<Digest, Promise<void>>
  /** Blobs that were counted; what several platforms share counts once. */
  readonly blobs: Set<Digest>
  /** Those whose referrers were looked for. */
  readonly subjects: Set<Digest>
}

type CopyCount = 'bytes' | 'blobsFetched' | 'blobsPresent' | 'referrers'

export function createCopyTask(request: CopyRequest): CopyTask {
  return {
    request,
    tally: { bytes: 0, blobsFetched: 0, blobsPresent: 0, referrers: 0 },
    manifests: new Map(),
    blobs: new Set(),
    subjects: new Set(),
  }
}

export function resultOf(
  { tally }: CopyTask,
  outcome: Pick<CopyResult, 'digest' | 'changed' | 'skipped'>,
): CopyResult {
  return { ...outcome, ...tally }
}
