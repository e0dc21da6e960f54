import type { Readable } from 'node:stream'
import type { Instant } from '../platform/clock.ts'
import type { Digest } from '../storage/digest.ts'
import type { AgeIdentity } from './age/age-keys.ts'
import type { Encryption } from './age/age-writer.ts'
import type { BundleFault } from './bundle-fault.ts'
import type { PublicKey, SecretKey } from './minisign.ts'

/** The words of a bundle: what goes in, what lies on the medium, what comes out. */
export const bundleFormat = 'mooring.bundle/v1'

/** Where content comes from: the local registry, an upstream, or another bundle. */
export interface ContentSource {
  manifest(digest: Digest): Promise<{ readonly bytes: Buffer; readonly mediaType: string }>
  /** The content from the byte `from` on. Large chunks make it quick. */
  openBlob(digest: Digest, from: number): Promise<Readable>
  /** Nobody else keeps those chunks: their memory is given back as soon as they are written. */
  readonly ownsChunks?: boolean
}

/** One (repository, tag), one image that was asked for by digest, or one referrer. */
export interface BundleEntry {
  /** `host[:port]/org/app:tag`, or `…@sha256:…` */
  readonly reference: string
  readonly digest: Digest
  readonly mediaType: string
  /** Of the manifest itself. */
  readonly sizeBytes: number
  readonly role: 'root' | 'referrer'
  /** What a referrer is about. */
  readonly subject?: Digest | undefined
  readonly artifactType?: string | undefined
  /** Of an index that was filtered: `linux/arm64/v8`. */
  readonly platforms?:
    { readonly kept: readonly string[]; readonly missing: readonly string[] } | undefined
  /** Children of an index that stay behind: the index is sparse. */
  readonly absent?: readonly Digest[] | undefined
  /** How many referrers travel with it. */
  readonly referrers: number
  /** What the policy of the source said. */
  readonly policy?: string | undefined
}

/**
 * `manifest`s stand in every volume; manifests and `config`s are always shipped, so that the target
 * can say what is missing without the base.
 */
export type BlobKind = 'manifest' | 'config' | 'blob'

export interface BundleBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly kind: BlobKind
  /** Of manifests: always; of others where it is known. */
  readonly mediaType?: string | undefined
  /** In the base and therefore not shipped. */
  readonly isAssumed: boolean
}

export type BundleBase =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'receipt' | 'bundle'
      /** The receipt's inventory digest, or the id of the (last) bundle. */
      readonly id: string
      /** Of everything the base has: `digestSetOf`. */
      readonly digestSet: Digest
    }

/** Everything that a bundle is made of. The same plan gives the same bytes. */
export interface BundlePlan {
  /** A ULID: `newBundleId`. */
  readonly id: string
  readonly createdAt: Instant
  readonly source: { readonly name: string; readonly instance: string }
  readonly stream?: string
  readonly sequence?: number
  readonly base: BundleBase
  readonly entries: readonly BundleEntry[]
  /** The whole closure of the entries, assumed content as well, each digest once. */
  readonly blobs: readonly BundleBlob[]
  /** References whose removal is proposed; never done without approval. */
  readonly deletions?: readonly string[]
  /** Further marks such as `vuln-db`; `referrers` and `sparse-index` are found out. */
  readonly features?: readonly string[]
}

/** A piece of a blob that is larger than a volume, or than a file may be. */
export interface BlobPart {
  readonly number: number
  readonly offset: number
  readonly sizeBytes: number
  readonly volume: number
  readonly sha256: string
}

export type Placement =
  | { readonly kind: 'everywhere' }
  | { readonly kind: 'assumed' }
  | { readonly kind: 'whole'; readonly volume: number }
  | { readonly kind: 'parts'; readonly parts: readonly BlobPart[] }

/** A line of blobs.jsonl. */
export interface PlacedBlob extends BundleBlob {
  readonly placement: Placement
  /** Of the file, where the digest itself is of another algorithm. */
  readonly sha256?: string | undefined
}

export interface VolumeSize {
  /** Of everything in it together; absent: no limit. */
  readonly bytes?: number
  /** FAT32: 4 GiB - 1. */
  readonly fileBytes?: number
  /** What a file uses at least on this kind of medium; 1 counts plain bytes. */
  readonly clusterBytes: number
  /** For the file system itself. */
  readonly reserveBytes: number
}

export type BundleFormat = 'directory' | 'tar'

export interface BundleProgress {
  readonly phase: 'reading' | 'writing' | 'verifying' | 'finishing'
  readonly volume: number
  readonly volumes: number
  readonly file: string
  /** Of this phase, over all volumes. */
  readonly bytesDone: number
  readonly bytesTotal: number
}

/** `mooring/manifest.json`. */
export interface BundleManifest {
  readonly format: typeof bundleFormat
  readonly id: string
  readonly created: string
  readonly source: { readonly name: string; readonly instance: string }
  readonly stream?: string | undefined
  readonly sequence?: number | undefined
  readonly base: BundleBase
  readonly content: {
    readonly entries: number
    readonly blobs: number
    readonly assumed: number
    /** Shipped, every blob once. */
    readonly bytes: number
  }
  /** Names below `mooring/` (`index.json`: beside it) and their SHA-256. */
  readonly files: Readonly<Record<string, Digest>>
  readonly volumes: readonly {
    readonly n: number
    readonly bytes: number
    readonly sums: Digest
  }[]
  readonly features: readonly string[]
  readonly requires: { readonly format: string }
}

export type BundleSignature =
  | { readonly kind: 'unsigned' }
  /** `keyId` is the 16 hex digits that minisign shows. */
  | { readonly kind: 'signed'; readonly keyId: string; readonly comment: string }
  | { readonly kind: 'trusted'; readonly keyId: string; readonly comment: string }

/**
 * A bundle whose signature (when keys were given), description and lists were checked; the content
 * of blobs is for who reads it to check. Also a source: manifests are checked, blobs joined.
 */
export interface OpenBundle extends ContentSource, AsyncDisposable {
  readonly description: BundleManifest
  /** SHA-256 of manifest.json: what the ledger remembers of an id. */
  readonly manifestDigest: Digest
  readonly signature: BundleSignature
  readonly entries: readonly BundleEntry[]
  /** In the order of digests. */
  readonly blobs: readonly PlacedBlob[]
  readonly deletions: readonly string[]
  readonly volumes: {
    readonly total: number
    readonly present: readonly number[]
    readonly missing: readonly number[]
  }
  find(digest: Digest): PlacedBlob | undefined
  /** Volumes that have to be inserted before `openBlob` can give the content. */
  volumesFor(digest: Digest): readonly number[]
  /** The file that is exactly this blob, for linking; undefined in a tar and for parts. */
  localFile(digest: Digest): string | undefined
}

export interface VolumeReport {
  readonly number: number
  readonly state: 'sound' | 'damaged' | 'missing'
  readonly files: number
  readonly bytes: number
}

/** `verifyBundle(paths, options)` in verify-bundle.ts. Faults of content are collected, not thrown. */
export interface VerifyReport {
  readonly description: BundleManifest
  readonly manifestDigest: Digest
  readonly signature: BundleSignature
  readonly volumes: readonly VolumeReport[]
  /** The first hundred, each naming volume and file. */
  readonly faults: readonly BundleFault[]
  /** All volumes are there and sound. */
  readonly isComplete: boolean
}

export interface ReadOptions {
  /**
   * Keys that are trusted. Given: an unsigned bundle and another key are refused. Absent: the
   * signature is only described.
   */
  readonly keys?: readonly PublicKey[]
  /** What opens encrypted volumes. */
  readonly identities?: readonly AgeIdentity[]
  readonly signal?: AbortSignal
}

/** `writeBundle(options)` in write-bundle.ts; again with the same plan: goes on where it stopped. */
export interface WriteOptions {
  readonly plan: BundlePlan
  readonly source: ContentSource
  /**
   * The bundle's own folder: its only volume, or `vol-001` and so on when `volumeSize` is given.
   * Tar: the folder for `bundle-<id>.tar` or `bundle-<id>.vol-001.tar`, encrypted with `.age` behind
   * it.
   */
  readonly to: string
  readonly signer?: SecretKey
  readonly format?: BundleFormat
  /** Of a tar: each volume is encrypted as it is written. */
  readonly encryption?: Encryption
  readonly volumeSize?: VolumeSize
  /** `compat/<repository>/index.json` with short tags; not on FAT or in a tar. */
  readonly compatIndex?: boolean
  /** Reads every volume again before it counts as finished. */
  readonly verifyAfterWrite?: boolean
  readonly bytesPerSecond?: number
  readonly onProgress?: (progress: BundleProgress) => void
  readonly signal?: AbortSignal
  /** Asked before each volume: the folder it goes to. `to` then only keeps what a resume needs. */
  readonly nextMedium?: (number: number, of: number) => Promise<string>
}

export interface WrittenBundle {
  readonly description: BundleManifest
  readonly manifestDigest: Digest
  readonly volumes: readonly {
    readonly number: number
    readonly path: string
    readonly bytes: number
  }[]
}

/** `planVolumes(plan, volumeSize)` in plan-volumes.ts, for the numbers of a plan. */
export interface VolumePlan {
  readonly volumes: readonly { readonly number: number; readonly bytes: number }[]
  readonly placements: ReadonlyMap<Digest, Placement>
}
