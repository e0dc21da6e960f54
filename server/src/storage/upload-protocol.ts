import type { DigestAlgorithm } from './digest.ts'

/** What the main thread asks of an upload worker. Requests about one upload are done in order. */
export type UploadRequest =
  | { readonly op: 'create'; readonly upload: string }
  | { readonly op: 'size'; readonly upload: string }
  | {
      readonly op: 'write'
      readonly upload: string
      /** Where the main thread believes the upload ends; anything else is refused. */
      readonly offset: number
      /** The part of the shared staging memory that holds the bytes. */
      readonly from: number
      readonly length: number
    }
  | { readonly op: 'truncate'; readonly upload: string; readonly size: number }
  | {
      /** `take` verifies as `commit` does, but leaves no file behind. */
      readonly op: 'commit' | 'take'
      readonly upload: string
      readonly algorithm: DigestAlgorithm
      readonly digest: string
    }
  | { readonly op: 'remove'; readonly upload: string }
  | { readonly op: 'close' }

export interface UploadCall {
  readonly call: number
  readonly request: UploadRequest
}

export type UploadFault = { readonly code: string; readonly message: string }

export interface UploadReply {
  readonly call: number
  /** Size of the upload or blob, where the request has one to tell. */
  readonly value: number
  readonly fault?: UploadFault
}

export interface UploadWorkerData {
  readonly root: string
  readonly memory: SharedArrayBuffer
  readonly keepOpen: number
}
