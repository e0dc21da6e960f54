/** What the content of a tag or manifest is to those who fetch it. */
export type ContentKind = 'image' | 'chart' | 'artifact'

export interface PullTarget {
  /** `host[:port]` of the registry, as it stands in front of an image's name. */
  readonly host: string
  /** `namespace/name` */
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: string | undefined
  readonly kind?: ContentKind | undefined
}

export interface PullClient {
  readonly id: string
  /** The program's own name. */
  readonly label: string
  readonly byTag?: string | undefined
  readonly byDigest?: string | undefined
}

const helmConfig = 'application/vnd.cncf.helm.config.v1+json'
const imageConfigs: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])

/** @param configMediaType null for lists and for manifests of the first schema, which are images */
export function contentKind(
  configMediaType: string | null,
  artifactType: string | null,
): ContentKind {
  // The type of what was pushed without one is that of its config.
  const type = artifactType ?? configMediaType
  if (type === helmConfig || configMediaType === helmConfig) return 'chart'
  return type === null || imageConfigs.has(type) ? 'image' : 'artifact'
}

/** `2001:db8::5` has to be bracketed in front of a port or a path. */
export function bracketHost(host: string): string {
  const isBareAddress = !host.startsWith('[') && host.split(':').length > 2
  return isBareAddress ? `[${host}]` : host
}

/** `host/namespace/name:tag` */
export const pullSpec = ({ host, repository }: PullTarget, tag: string) =>
  `${bracketHost(host)}/${repository}:${tag}`

/**
 * Lines that fetch something, ready to be pasted, for the clients that can; the usual ones first. What
 * has neither a tag nor a digest is fetched by its name alone, which means `latest`.
 */
export function pullClients(target: PullTarget): readonly PullClient[] {
  const { repository, tag, digest, kind = 'image' } = target
  const name = `${bracketHost(target.host)}/${repository}`
  const tagged = tag === undefined ? undefined : `${name}:${tag}`
  const pinned = digest === undefined ? undefined : `${name}@${digest}`
  const by = (line: (reference: string) => string) => ({
    byTag: tagged !== undefined || pinned === undefined ? line(tagged ?? name) : undefined,
    byDigest: pinned === undefined ? undefined : line(pinned),
  })
  const plain = (id: string, label: string, words: string): PullClient => ({
    ...{ id, label },
    ...by((reference) => `${words} ${reference}`),
  })
  const folder = repository.split('/').at(-1) ?? repository
  const skopeo: PullClient = {
    ...{ id: 'skopeo', label: 'Skopeo' },
    ...by((reference) => `skopeo copy --all docker://${reference} oci:${folder}`),
  }
  const oras = plain('oras', 'ORAS', 'oras pull')
  // What a signature is about is a digest; a tag may have moved since.
  const cosign: PullClient = {
    ...{ id: 'cosign', label: 'Cosign' },
    ...by((reference) => `cosign verify --key cosign.pub ${reference}`),
  }
  switch (kind) {
    case 'chart':
      return [
        // Helm writes the plus sign of a version as an underscore, which tags may contain.
        ...(tag === undefined
          ? []
          : [
              {
                ...{ id: 'helm', label: 'Helm' },
                byTag: `helm pull oci://${name} --version ${tag.replaceAll('_', '+')}`,
              },
            ]),
        oras,
        skopeo,
        cosign,
      ]
    case 'artifact':
      return [oras, skopeo, cosign]
    case 'image':
      return [
        plain('podman', 'Podman', 'podman pull'),
        plain('docker', 'Docker', 'docker pull'),
        skopeo,
        plain('nerdctl', 'nerdctl', 'nerdctl pull'),
        plain('crictl', 'crictl', 'crictl pull'),
        plain('kubernetes', 'Kubernetes', 'image:'),
        cosign,
      ]
  }
}
