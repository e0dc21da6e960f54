import type { Content } from '../support/content.ts'

/** What a tag may be found to be: the digest of a manifest, or nothing. */
export type TagValue = string | undefined

export interface TagState {
  readonly repository: string
  readonly name: string
  /** What the server last said yes to. */
  certain: TagValue
  /** What was asked for without an answer: it may have happened. */
  readonly possible: TagValue[]
  /** Changed since it was last looked at. */
  unchecked: boolean
}

export interface PendingUpload {
  readonly repository: string
  readonly content: Content
  location: string
  /** Bytes up to here were acknowledged. */
  acknowledgedBytes: number
  /** Bytes up to here were sent, and may have arrived. */
  offeredBytes: number
  /** The last request may have made it a blob. */
  finishing: boolean
}

export interface AcknowledgedBlob {
  readonly repository: string
  readonly digest: string
  readonly sizeBytes: number
}

export interface AcknowledgedReferrer {
  readonly repository: string
  readonly subject: string
  readonly digest: string
}

export type Ledger = ReturnType<typeof createLedger>

/** Everything that the server said yes to, and what it may have done without saying so. */
export function createLedger() {
  const blobs = new Map<string, AcknowledgedBlob>()
  const manifests = new Map<string, Content>()
  const held = new Map<string, { repository: string; digest: string }>()
  const tags = new Map<string, TagState>()
  const referrers: AcknowledgedReferrer[] = []
  const uploads = new Set<PendingUpload>()

  const key = (repository: string, name: string) => `${repository} ${name}`

  return {
    blobs,
    tags,
    referrers,
    uploads,
    /** Manifests that stay without a tag: pushed by digest, or with a subject. */
    held,

    blobAcknowledged(repository: string, { digest, bytes }: Pick<Content, 'digest' | 'bytes'>) {
      blobs.set(key(repository, digest), { repository, digest, sizeBytes: bytes.length })
    },

    blobsOf: (repository: string) =>
      [...blobs.values()].filter((blob) => blob.repository === repository),

    /** The bytes behind a digest that somebody pushed, acknowledged or not. */
    manifestBytes: (digest: string) => manifests.get(digest)?.bytes,

    manifestOffered(manifest: Content) {
      manifests.set(manifest.digest, manifest)
    },

    manifestHeld(repository: string, { digest }: Content) {
      held.set(key(repository, digest), { repository, digest })
    },

    /** Before a request that changes a tag; the function is called with its yes. */
    tagChanging(repository: string, name: string, value: TagValue): () => void {
      const state = tags.get(key(repository, name)) ?? {
        repository,
        name,
        certain: undefined,
        possible: [],
        unchecked: true,
      }
      tags.set(key(repository, name), state)
      state.possible.push(value)
      state.unchecked = true
      return () => {
        state.certain = value
        state.possible.length = 0
      }
    },

    referrerAcknowledged(repository: string, subject: string, digest: string) {
      referrers.push({ repository, subject, digest })
    },

    uploadStarted(repository: string, content: Content, location: string): PendingUpload {
      const upload: PendingUpload = {
        repository,
        content,
        location,
        acknowledgedBytes: 0,
        offeredBytes: 0,
        finishing: false,
      }
      uploads.add(upload)
      return upload
    },
  }
}
