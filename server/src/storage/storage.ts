import type { Readable, Writable } from 'node:stream'
import type { Digest } from './digest.ts'

/**
 * Where blob bytes live. A blob that can be seen was verified and is durable: `commit` hashes,
 * flushes, renames and flushes the directory before it returns. All methods may throw
 * Problem `storage-full` when the medium has no room, and `storage-unavailable` when it is elsewhere
 * and does not answer; nothing is kept of the failed step.
 */
export interface BlobStorage {
  /** Size in bytes of a committed blob, or undefined. Reads metadata only. */
  stat(digest: Digest): Promise<number | undefined>

  /**
   * Opens a committed blob for sending. The caller closes it.
   * @throws Problem `blob-unknown` when the bytes are not there.
   */
  open(digest: Digest): Promise<BlobFile>

  /** Bytes that an upload holds; undefined when there is no such upload. Survives restarts. */
  uploadSize(id: string): Promise<number | undefined>

  /**
   * Opens the bytes that an upload holds so far, undefined when there is no such upload. What is open
   * can be read on while the upload grows, and after it became a blob. The caller closes it.
   */
  openUpload(id: string): Promise<UploadFile | undefined>

  /** Creates an empty upload. `id` is a UUID made by us. */
  createUpload(id: string): Promise<void>

  /**
   * Appends a stream at the end of an upload; returns the new size. What arrived before a broken
   * stream stays, so that a client can continue; a Problem takes the upload back to where it was
   * before. One append at a time per upload. Rejects with the source's error when that breaks.
   * @param limitBytes the upload may not grow beyond this; Problem `blob-too-large` otherwise.
   * @throws Problem `upload-unknown`, `upload-busy`, `storage-full`, `blob-too-large`
   */
  append(id: string, source: Readable, options: AppendOptions): Promise<number>

  /**
   * Verifies the upload's content against `digest` and makes it the blob: durable when this
   * returns. The upload is gone afterwards, also when the content did not match or the medium is full.
   * @returns size in bytes.
   * @throws Problem `digest-mismatch`, `upload-unknown`, `upload-busy`, `storage-full`
   */
  commit(id: string, digest: Digest): Promise<number>

  /**
   * Makes a new upload of a file that lies on the same medium, as a second name of it: `commit` then
   * verifies the bytes where they are. False when that cannot be. Absent where blobs are no files.
   */
  readonly linkUpload?: (id: string, file: string) => Promise<boolean>

  /** Forgets an upload and its bytes, ending an append that runs. Silent when there is none. */
  abort(id: string): Promise<void>

  /** Uploads lying about, with the time of their last change: for the sweep of leftovers. */
  listUploads(): Promise<readonly { id: string; changedAt: number }[]>

  /** Removes a blob's bytes. The sweep's job alone. Silent when there are none. */
  remove(digest: Digest): Promise<void>

  /** Free and total bytes of the medium, for health and the reserve. */
  space(): Promise<{ freeBytes: number; totalBytes: number }>

  /**
   * Writes and finds something where the blobs are. Absent when creating an upload does that.
   * @throws Problem `storage-unavailable`
   */
  readonly check?: () => Promise<void>

  /** Ends what crashes left under way to the medium and is older; returns how much that was. */
  readonly sweepTransfers?: (olderThanMs: number) => Promise<number>

  /** The medium itself, behind a cache that would hide what is wrong with it. */
  readonly uncached?: Pick<BlobStorage, 'open'>

  /** Ends what runs and lets go of everything. Unfinished uploads stay for the next start. */
  close(): Promise<void>
}

export interface AppendOptions {
  readonly limitBytes: number
  /** Aborting stops reading; what arrived stays. */
  readonly signal: AbortSignal
  /** Nobody else keeps the source's chunks: their memory is given back as soon as it was copied. */
  readonly ownsChunks?: boolean
  /**
   * Told of the upload's new size whenever bytes were written. Somebody waits for them then, so they
   * are written as they come instead of in large blocks.
   */
  readonly written?: (sizeBytes: number) => void
}

/** The unverified bytes of an upload. */
export interface UploadFile {
  /** @returns how many bytes were read; 0 at the present end. */
  read(target: Buffer, position: number): Promise<number>

  close(): Promise<void>
}

/** An open blob. */
export interface BlobFile {
  readonly sizeBytes: number

  /**
   * Writes bytes `[start, end]` (inclusive) to `target` at its pace, without ending it. The whole of
   * an empty blob is `[0, -1]`.
   * @throws TransferStopped when the target closes or the signal is aborted.
   */
  sendTo(target: Writable, start: number, end: number, signal: AbortSignal): Promise<void>

  close(): Promise<void>
}
