import type { Readable } from 'node:stream'
import type { BlobFile } from '../../storage/storage.ts'
import type { Digest } from '../../storage/digest.ts'

/** A blob that shall be in a repository, and where its bytes come from when they are not here. */
export interface BlobFetch {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly repositoryId: number
  /**
   * Who is asked, such as `registry.example.com`: when several want one digest from the same source
   * and it fails, it has failed for all of them; from another one the blob is fetched once more.
   */
  readonly source: string
  /** The bytes from `from` on, to their end. May break; what came until then is kept. */
  readonly open: (from: number, signal: AbortSignal) => Readable
  /** Nobody but the reader keeps the pieces of what `open` gives; their memory is given back at once. */
  readonly ownsChunks?: boolean
  /**
   * Waits until there is room for one more transfer; what it gives is called, maybe twice, when that
   * has ended.
   */
  readonly turn?: (signal: AbortSignal) => Promise<() => void>
  /** How long the blob stays without a manifest; without, as long as one that was pushed. */
  readonly holdMs?: number
  /** Told of bytes that were transferred for this call, not of what was there before. */
  readonly received?: (bytes: number) => void
  /** This caller goes away; the fetch ends with the last one. */
  readonly signal: AbortSignal
}

/** What became of a fetch: `present` when the storage had the bytes and nothing was transferred. */
export type BlobArrival = 'fetched' | 'present'

export interface BlobFetches {
  /**
   * Makes the blob verified, durable and linked to the repository. One transfer at a time for a digest,
   * whoever wants it. The link itself is durable with the next flush of the database.
   * @throws Problem `blob-too-large`, `repository-unknown`, `storage-full`; CopyFault; what `open` fails
   *   with.
   */
  fetch(request: BlobFetch): Promise<BlobArrival>

  /**
   * A blob that is on its way, to be read like one that is here: sending waits for bytes that have not
   * come yet. The last byte of every range is held back until the whole blob is verified, so a reader
   * that got everything it asked for got verified content; else `sendTo` fails.
   */
  follow(digest: Digest): BlobFile | undefined

  /** Ends what is on its way; the bytes stay for the next time. */
  close(): Promise<void>
}
