import { isIP } from 'node:net'
import { CertificateError } from '../certificate-error.ts'
import { parseName } from '../names.ts'

/** The server that clients shall trust, as they reach it. */
export interface TrustTarget {
  /** Host name or address; an IPv6 address with or without brackets. */
  readonly host: string
  /** Of HTTPS. */
  readonly port: number
  /**
   * Where the authority can be fetched without TLS, for example `http://registry.example.com:8080`;
   * without it, it is fetched over TLS that nobody can verify yet.
   */
  readonly httpUrl?: string
  /** SHA-256 of the authority, `AB:CD:…`. */
  readonly fingerprint: string
  /** Upstream registries that clients shall find here instead. */
  readonly mirrors?: readonly TrustMirror[]
}

export interface TrustMirror {
  /** `docker.io`, `quay.io`, … */
  readonly registry: string
  /** The organization that holds its content. */
  readonly organization: string
}

export interface TrustInstruction {
  readonly client: TrustClient
  /** Who it is for, in English. */
  readonly title: string
  /** What the lines are written for: a POSIX shell, or PowerShell. */
  readonly shell: 'sh' | 'ps1'
  /** In order, some of several lines. They expect `mooring-ca.crt` in the current folder. */
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

/** A target whose every part has been looked at. */
export interface CheckedTarget {
  /** `host:port`, without `:443`, IPv6 in brackets: what clients call the registry. */
  readonly registry: string
  /** `https://` and the registry. */
  readonly url: string
  readonly httpUrl: string | undefined
  readonly fingerprint: string
  readonly isIPv6: boolean
  readonly mirrors: readonly TrustMirror[]
}

/** @throws CertificateError `name-invalid` */
export function checkTarget(target: TrustTarget): CheckedTarget {
  const { port, fingerprint, mirrors = [] } = target
  const host = parseName(target.host).value
  const isIPv6 = isIP(host) === 6
  const bracketed = isIPv6 ? `[${host}]` : host
  const http = target.httpUrl === undefined ? undefined : URL.parse(target.httpUrl)
  const isPort = Number.isInteger(port) && port > 0 && port < 65_536
  if (http === null || (http !== undefined && http.protocol !== 'http:') || !isPort) {
    throw invalid('the address of the server')
  }
  if (!/^[0-9A-F]{2}(?::[0-9A-F]{2})*$/i.test(fingerprint)) throw invalid('the fingerprint')
  for (const { registry, organization } of mirrors) {
    const isRegistry = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/.test(registry)
    if (!isRegistry || !/^[a-z0-9][a-z0-9._-]*$/.test(organization)) throw invalid(registry)
  }
  const registry = port === 443 ? bracketed : `${bracketed}:${port}`
  const httpUrl = http?.origin
  return { registry, url: `https://${registry}`, httpUrl, fingerprint, isIPv6, mirrors }
}

function invalid(name: string): CertificateError {
  return new CertificateError('name-invalid', { name: JSON.stringify(name) })
}

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** One word for PowerShell. */
export function powerShellQuoted(word: string): string {
  return `'${word.replaceAll("'", "''")}'`
}

/** A command that writes a file as root. */
export function writeAsRoot(file: string, lines: readonly string[]): string {
  return [`sudo tee ${quoted(file)} >/dev/null <<'END'`, ...lines, 'END'].join('\n')
}

/** Keeps what was there, and the way back to it. */
export function replaceAsRoot(file: string, lines: readonly string[]) {
  const [path, saved] = [quoted(file), quoted(`${file}.before-mooring`)]
  return {
    commands: [`sudo test ! -e ${path} || sudo cp -a ${path} ${saved}`, writeAsRoot(file, lines)],
    undo: [`if sudo test -e ${saved}; then sudo mv ${saved} ${path}; else sudo rm ${path}; fi`],
  }
}

/** Fails unless the programs of the system trust the server. */
export function systemCheck({ url }: CheckedTarget): readonly string[] {
  return [`curl -fsSo /dev/null ${quoted(`${url}/ca.crt`)} && echo trusted`]
}
