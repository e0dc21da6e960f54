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
  /** Who it is for, in English. */
  readonly title: string
  /** What the lines are written for: a POSIX shell, or PowerShell. */
  readonly shell: 'sh' | 'ps1'
  /** In order. They expect `mooring-ca.crt` in the current folder. */
  readonly commands: readonly string[]
  /** Lines that fail, or show it, when the server is not trusted yet. */
  readonly check: readonly string[]
  /** Lines that take it back. */
  readonly undo: readonly string[]
  /** What the commands cannot do, in English. */
  readonly note?: string
}

export const trustClients = [
  'fetch',
  'podman',
  'podman-rootless',
  'podman-machine',
  'docker',
  'docker-desktop',
  'docker-windows',
  'debian',
  'rhel',
  'suse',
  'alpine',
  'arch',
  'windows',
  'macos',
  'containerd',
  'k3s',
  'rke2',
  'crio',
  'openshift',
  'talos',
  'ignition',
  'cloud-init',
  'ansible',
  'firefox',
  'node',
  'python',
  'java',
  'git',
  'helm',
  'oras',
] as const

export type TrustClient = (typeof trustClients)[number]

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
    throw new CertificateError('name-invalid', {
      name: 'the address, port or fingerprint of the server',
    })
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
