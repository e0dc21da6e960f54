/** Why an upstream did not give what it was asked for; the words of the mirrors' metrics. */
export type UpstreamFaultCode =
  | 'auth_failed'
  | 'network_timeout'
  | 'connection_error'
  | 'not_found'
  | 'tls_error'
  | 'rate_limited'
  | 'invalid_source_registry'
  | 'blob_mismatch'
  | 'manifest_invalid'
  | 'disconnected'
  | 'decryption_failed'
  | 'unknown_error'

export interface UpstreamFaultFacts {
  /** Who was asked, `host[:port]`: the registry, its token service or where it redirected to. */
  readonly host: string
  /** `HEAD /v2/library/busybox/manifests/latest`; never with a query, which may hold a secret. */
  readonly asked: string
  /** Of the answer, where there was one. */
  readonly status?: number | undefined
  /** What happened, as a part of a sentence: `it was answered 503`. */
  readonly reason: string
  /** How long the upstream wants to be left alone. */
  readonly retryAfterMs?: number | undefined
}

const advice: Readonly<Record<UpstreamFaultCode, string>> = {
  auth_failed: 'Check the user name and the password, and that the account may pull from there.',
  network_timeout: 'Check the network and the proxy, or try again when the link is better.',
  connection_error: 'Check the address, the network and the proxy.',
  not_found: 'Check the name; a private repository also looks like this without credentials.',
  tls_error: 'Add the authority of its certificate to the trusted ones, or check the name.',
  rate_limited: 'Try again later, or use an account with a higher limit.',
  invalid_source_registry: 'Check that the address leads to a registry that may be called.',
  blob_mismatch: 'The upstream holds damaged content, or something on the way changes it.',
  manifest_invalid: 'The upstream holds damaged content, or something on the way changes it.',
  disconnected: 'Connect it on the page Mirrors, or with mooring mirror connect.',
  decryption_failed: 'Enter the user name and the password again.',
  unknown_error: 'Look at the log of the upstream.',
}

/**
 * What a caller of an upstream has to handle. Neither the message nor a field holds a credential, a
 * token or the query of an address. What ended because of the caller's own signal is no fault: that
 * signal's reason is thrown.
 */
export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault'
  readonly code: UpstreamFaultCode
  readonly host: string
  readonly asked: string
  readonly status: number | undefined
  readonly reason: string
  readonly retryAfterMs: number | undefined

  constructor(code: UpstreamFaultCode, facts: UpstreamFaultFacts, options?: ErrorOptions) {
    const { host, asked, status, reason, retryAfterMs } = facts
    super(`${host}: ${asked}: ${reason}. ${advice[code]}`, options)
    this.code = code
    this.host = host
    this.asked = asked
    this.status = status
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }

  get advice(): string {
    return advice[this.code]
  }
}
