import { RefusedDestination } from './destinations.ts'
import { UselessProxy } from './connections.ts'
import { Silence, TooLong } from './exchange.ts'
import { UpstreamFault, type UpstreamFaultCode } from './upstream-fault.ts'

export interface Asked {
  readonly host: string
  readonly asked: string
}

/** `HEAD /v2/library/busybox/manifests/latest` of a host, without what a query may give away. */
export function describeAsked(method: string, url: URL): Asked {
  return { host: url.host, asked: `${method} ${url.pathname}` }
}

/**
 * What broke below HTTP, as a fault. Texts of Node that could hold an address with a password stay out.
 * @throws the error itself when it is a mistake of ours
 */
export function transportFault(error: unknown, asked: Asked): UpstreamFault {
  if (error instanceof UpstreamFault) return error
  if (!isOfNetwork(error)) throw error
  const { code, reason } = judge(error)
  return new UpstreamFault(code, { ...asked, reason }, { cause: error })
}

function judge(error: unknown): { code: UpstreamFaultCode; reason: string } {
  if (error instanceof RefusedDestination) {
    const reason = `${error.message} is in a network that may not be called; SSRF_ALLOWED_HOSTS allows it`
    return { code: 'invalid_source_registry', reason }
  }
  if (error instanceof UselessProxy) {
    return { code: 'invalid_source_registry', reason: `the proxy is of no use: ${error.message}` }
  }
  if (error instanceof Silence) return { code: 'network_timeout', reason: error.message }
  if (error instanceof TooLong) {
    return { code: 'invalid_source_registry', reason: `the answer has ${error.message}` }
  }
  const found = codeOf(error)
  if (found === 'ERR_PROXY_TUNNEL') return judgeTunnel(error)
  if (found === 'ETIMEDOUT') return { code: 'network_timeout', reason: 'no connection (ETIMEDOUT)' }
  if (found.startsWith('HPE_')) {
    return { code: 'invalid_source_registry', reason: `what answers is not HTTP (${found})` }
  }
  if (isAboutTls(found)) {
    const text = error instanceof Error && !found.startsWith('ERR_SSL') ? error.message : found
    return { code: 'tls_error', reason: `its certificate or TLS is not accepted (${text})` }
  }
  return { code: 'connection_error', reason: `the connection failed (${found})` }
}

function judgeTunnel(error: unknown): { code: UpstreamFaultCode; reason: string } {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (typeof status !== 'number') return { code: 'network_timeout', reason: 'the proxy is silent' }
  return { code: 'connection_error', reason: `the proxy answered ${status}` }
}

const brokenTls = new Set([
  'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
  'ERR_SSL_UNEXPECTED_EOF_WHILE_READING',
])

function isAboutTls(code: string): boolean {
  if (brokenTls.has(code)) return false
  return (
    /^(?:CERT_|ERR_TLS_CERT|ERR_SSL_|UNABLE_TO_|CRL_|INVALID_CA|INVALID_PURPOSE)/.test(code) ||
    /SELF_SIGNED|UNTRUSTED|HOSTNAME_MISMATCH|EPROTO/.test(code)
  )
}

/** The network's errors, and ours about it, are told apart from mistakes by their codes. */
function isOfNetwork(error: unknown): boolean {
  const isOurs = [RefusedDestination, UselessProxy, Silence, TooLong].some(
    (kind) => error instanceof kind,
  )
  return isOurs || codeOf(error) !== ''
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}
