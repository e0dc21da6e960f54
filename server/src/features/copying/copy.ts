import type { Db } from '../../db/tables.ts'
import type { Digest } from '../../storage/digest.ts'
import type { Upstream, UpstreamObserver } from '../../upstream/upstream.ts'
import type { CopyMeter } from './copy-meter.ts'

/** A repository of another registry that tags are copied from. */
export type CopySource = Pick<
  Upstream,
  'headManifest' | 'getManifest' | 'listReferrers' | 'openBlob'
>

export interface CopyRequest {
  readonly upstream: CopySource
  /** Names the upstream: whatever has the same name shares its limit of transfers at a time. */
  readonly source: string
  readonly repositoryId: number
  readonly tag: string
  /** `linux/arm64`, `linux/arm/v7` or just `arm64`; all when empty or absent. */
  readonly platforms?: readonly string[]
  /** Referrers and cosign's tags (`sha256-<hex>.sig`, `.att`, `.sbom`); carried unless false. */
  readonly withReferrers?: boolean
  /**
   * Looks for new referrers of content that is here already, too. Costs requests for every tag, so a run
   * that finds nothing new does without it.
   */
  readonly refreshReferrers?: boolean
  /** The tags that the upstream has, if they were listed: spares asking for cosign's one by one. */
  readonly knownTags?: ReadonlySet<string>
  /** Before anything of a new image is copied. Throws when it may not come here. */
  readonly verify?: (digest: Digest, signal: AbortSignal) => Promise<void>
  /** Runs in the transaction that moves a tag: this one, and those of cosign that go with it. */
  readonly record: (tx: Db, moved: MovedTag) => Promise<void>
  readonly meter?: CopyMeter
  readonly signal: AbortSignal
}

export interface MovedTag {
  readonly tag: string
  readonly digest: Digest
  readonly mediaType: string
  /** A policy made the tag immutable. */
  readonly isFrozen: boolean
}

export interface CopyResult {
  /** What the tag points at upstream. */
  readonly digest: Digest
  /** False when everything was here already. */
  readonly changed: boolean
  /** A single image of another platform than those asked for: nothing was copied. */
  readonly skipped: boolean
  /** Bytes of blobs that were transferred. */
  readonly bytes: number
  readonly blobsFetched: number
  readonly blobsPresent: number
  /** Referrers and tags of cosign that came along. */
  readonly referrers: number
}

export interface Copier {
  /**
   * Brings a tag of the upstream here, with all that it refers to: byte for byte, the tag last. Costs one
   * HEAD when nothing changed. Several tags may be copied at the same time.
   * @throws CopyFault, Problem (`tag-immutable`, `repository-unknown`, `blob-too-large`, …), what the
   *   upstream fails with.
   */
  copyTag(request: CopyRequest): Promise<CopyResult>

  /** For the client of an upstream: its troubles make that fewer blobs of `source` are asked for at once. */
  observer(source: string): UpstreamObserver
}
