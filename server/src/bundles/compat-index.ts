import type { BundleEntry } from './bundle.ts'
import { canonicalJson } from './canonical-json.ts'

/**
 * One small layout for each repository, with short tags, for tools that expect those:
 * `compat/<host>/<org>/<app>/`, in which `blobs` is a link to the volume's own.
 */
export function compatFiles(entries: readonly BundleEntry[]) {
  const repositories = new Map<string, BundleEntry[]>()
  for (const entry of entries) {
    const { repository, tag } = splitReference(entry.reference)
    if (tag === undefined || entry.role !== 'root') continue
    const known = repositories.get(repository) ?? []
    known.push(entry)
    repositories.set(repository, known)
  }
  return [...repositories].flatMap(([repository, tagged]) => {
    const manifests = tagged.map(({ reference, digest, mediaType, sizeBytes }) => ({
      ...{ mediaType, digest, size: sizeBytes },
      annotations: { 'org.opencontainers.image.ref.name': splitReference(reference).tag },
    }))
    const index = canonicalJson({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests,
    })
    const folder = compatFolder(repository)
    return [
      { name: `${folder}/index.json`, bytes: Buffer.from(index) },
      { name: `${folder}/oci-layout`, bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    ]
  })
}

const compatFolder = (repository: string): string => `compat/${repository}`

/** The links, by their names, with what they point to. */
export function compatLinks(
  files: readonly { readonly name: string }[],
): ReadonlyMap<string, string> {
  const links = new Map<string, string>()
  for (const { name } of files) {
    if (!name.startsWith('compat/') || !name.endsWith('/index.json')) continue
    const link = `${name.slice(0, -'index.json'.length)}blobs`
    links.set(link, linkTarget(link))
  }
  return links
}

export const linkTarget = (link: string): string =>
  `${'../'.repeat(link.split('/').length - 1)}blobs`

export interface SplitReference {
  /** With its host. */
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
}

/** A full reference in its parts. */
export function splitReference(reference: string): SplitReference {
  const at = reference.indexOf('@')
  if (at !== -1) return { repository: reference.slice(0, at), digest: reference.slice(at + 1) }
  const slash = reference.lastIndexOf('/')
  const colon = reference.indexOf(':', slash + 1)
  return colon === -1
    ? { repository: reference }
    : { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) }
}
