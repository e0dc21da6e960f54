import { stringify } from 'yaml'
import { mirrorPairOf, type MirrorPair, type NameRule } from './name-mapping.ts'

/** A file for a client, that makes it look here for what it knows under its old name. */
export interface ClientFile {
  readonly client: 'podman' | 'containerd' | 'k3s' | 'openshift'
  /** Where the client looks for it; relative for files that are applied. */
  readonly path: string
  readonly text: string
}

export interface ClientConfigurationOptions {
  /** `host[:port]` of this registry. */
  readonly registry: string
  readonly rules: readonly NameRule[]
  /** Of the bundle's images: hosts that no rule names keep their names below the registry. */
  readonly hosts: readonly string[]
  /** Where the client has the certificate authority of this registry. */
  readonly caFile?: string
}

export interface ClientConfiguration {
  readonly files: readonly ClientFile[]
  /** Rules that no client can be told. */
  readonly left: readonly string[]
}

export function clientConfiguration(options: ClientConfigurationOptions): ClientConfiguration {
  const pairs: MirrorPair[] = []
  const left: string[] = []
  for (const rule of options.rules) {
    const pair = mirrorPairOf(rule)
    if (pair === undefined) left.push(rule.text)
    else pairs.push(pair)
  }
  const named = new Set(pairs.map(({ source }) => source))
  for (const host of [...new Set(options.hosts)].sort()) {
    if (!named.has(host)) pairs.push({ source: host, target: '' })
  }
  const files = [
    registriesConf(pairs, options),
    ...hostsToml(pairs, options),
    k3sRegistries(pairs, options),
    openShift(pairs, options),
  ]
  return { files, left }
}

const location = ({ registry }: ClientConfigurationOptions, target: string): string =>
  target === '' ? registry : `${registry}/${target}`

/** containers-registries.conf(5) */
function registriesConf(
  pairs: readonly MirrorPair[],
  options: ClientConfigurationOptions,
): ClientFile {
  const tables = pairs.map(({ source, target }) =>
    [
      '[[registry]]',
      `prefix = ${JSON.stringify(source)}`,
      `location = ${JSON.stringify(source)}`,
      '',
      '[[registry.mirror]]',
      `location = ${JSON.stringify(location(options, target))}`,
      '',
    ].join('\n'),
  )
  const path = '/etc/containers/registries.conf.d/050-mooring.conf'
  return { client: 'podman', path, text: tables.join('\n') }
}

const hostOf = (source: string): string => source.split('/', 1)[0] ?? source

/** containerd knows mirrors for whole hosts only (docs/hosts.md). */
function hostsToml(
  pairs: readonly MirrorPair[],
  options: ClientConfigurationOptions,
): readonly ClientFile[] {
  return pairs
    .filter(({ source }) => !source.includes('/'))
    .map(({ source, target }) => {
      const upstream = source === 'docker.io' ? 'registry-1.docker.io' : source
      const base = `https://${options.registry}/v2${target === '' ? '' : `/${target}`}`
      const lines = [
        `server = ${JSON.stringify(`https://${upstream}`)}`,
        '',
        `[host.${JSON.stringify(base)}]`,
        '  capabilities = ["pull", "resolve"]',
        '  override_path = true',
        ...(options.caFile === undefined ? [] : [`  ca = ${JSON.stringify(options.caFile)}`]),
        '',
      ]
      const path = `/etc/containerd/certs.d/${source}/hosts.toml`
      return { client: 'containerd', path, text: lines.join('\n') }
    })
}

/** https://docs.k3s.io/installation/private-registry */
function k3sRegistries(
  pairs: readonly MirrorPair[],
  options: ClientConfigurationOptions,
): ClientFile {
  const mirrors: Record<string, { endpoint: string[]; rewrite: Record<string, string> }> = {}
  for (const { source, target } of pairs) {
    const host = hostOf(source)
    const below = source.slice(host.length + 1)
    const from = below === '' ? '^(.*)$' : `^${below.replaceAll('.', '\\.')}/(.*)$`
    const mirror = (mirrors[host] ??= { endpoint: [`https://${options.registry}`], rewrite: {} })
    mirror.rewrite[from] = target === '' ? '$1' : `${target}/$1`
  }
  const configs =
    options.caFile === undefined
      ? {}
      : { configs: { [options.registry]: { tls: { ca_file: options.caFile } } } }
  const text = stringify({ mirrors, ...configs }, { lineWidth: 0 })
  return { client: 'k3s', path: '/etc/rancher/k3s/registries.yaml', text }
}

/** By digest and by tag: OpenShift keeps the two apart. */
function openShift(pairs: readonly MirrorPair[], options: ClientConfigurationOptions): ClientFile {
  const sets = pairs.map(({ source, target }) => ({
    mirrors: [location(options, target)],
    source,
    mirrorSourcePolicy: 'AllowContactingSource',
  }))
  const document = (kind: string, field: string) =>
    stringify(
      {
        apiVersion: 'config.openshift.io/v1',
        kind,
        metadata: { name: 'mooring' },
        spec: { [field]: sets },
      },
      { lineWidth: 0, aliasDuplicateObjects: false },
    )
  const text = [
    document('ImageDigestMirrorSet', 'imageDigestMirrors'),
    document('ImageTagMirrorSet', 'imageTagMirrors'),
  ].join('---\n')
  return { client: 'openshift', path: 'mooring-mirrors.yaml', text }
}
