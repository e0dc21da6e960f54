import { CertificateError } from '../certificate-error.ts'
import { parseName } from '../names.ts'

/** The server that clients shall trust, as they reach it. */
export interface TrustTarget {
  /** Host name or address; an IPv6 address with or without brackets. */
  readonly host: string
  /** Of HTTPS. */
  readonly port: number
  /** Where the authority can be fetched without TLS, for example `http://registry.example.com:8080`. */
  readonly httpUrl: string
  /** SHA-256 of the authority, `AB:CD:…`. */
  readonly fingerprint: string
}

export interface TrustInstruction {
  readonly client: TrustClient
  readonly title: string
  /** Lines for a POSIX shell, in order. They expect `mooring-ca.crt` in the current folder. */
  readonly commands: readonly string[]
  readonly note?: string
}

export type TrustClient = 'fetch' | 'podman' | 'docker' | 'debian' | 'rhel' | 'containerd'

/** A target whose every part may stand in a shell line. */
export interface CheckedTarget {
  /** `host:port`, without `:443`, IPv6 in brackets: what clients call the registry. */
  readonly registry: string
  readonly httpUrl: string
  readonly fingerprint: string
}

/** @throws CertificateError `name-invalid` */
export function checkTarget({ host, port, httpUrl, fingerprint }: TrustTarget): CheckedTarget {
  const name = parseName(host)
  const bracketed = name.value.includes(':') ? `[${name.value}]` : name.value
  const url = URL.parse(httpUrl)
  if (url?.protocol !== 'http:' || !Number.isInteger(port) || !/^[0-9A-F:]+$/i.test(fingerprint)) {
    throw new CertificateError('name-invalid', 'no address, port or fingerprint of a server')
  }
  return {
    registry: port === 443 ? bracketed : `${bracketed}:${port}`,
    httpUrl: url.origin,
    fingerprint,
  }
}

/** Brackets are a pattern to the shell. */
export function quoted(word: string): string {
  return /[[\]]/.test(word) ? `'${word}'` : word
}
