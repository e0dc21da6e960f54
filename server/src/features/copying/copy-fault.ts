export type CopyFaultReason =
  /** The bytes are not those of the digest, twice. */
  | 'digest-mismatch'
  /** Fewer or more bytes than announced, twice. */
  | 'size-mismatch'
  /** The upstream no longer has what its own manifest or tag refers to. */
  | 'not-found'
  /** Docker's first image format, which has no content that could be checked. */
  | 'schema-1'
  /** No manifest, or none of a kind that is known. */
  | 'manifest-invalid'
  /** An index has none of the platforms that were asked for. */
  | 'no-matching-platform'
  /** Only some platforms were asked for, but indexes must be complete here. */
  | 'sparse-index-off'

/** Content that cannot be copied, whoever asks again. */
export class CopyFault extends Error {
  override readonly name = 'CopyFault'
  readonly reason: CopyFaultReason

  constructor(reason: CopyFaultReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
