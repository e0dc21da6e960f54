import { Problem } from '../problem.ts'

/** What a path below `/v2/` asks for. Names and references are decoded but not yet validated. */
export type RegistryPath =
  | { kind: 'base' }
  | { kind: 'auth' }
  | { kind: 'catalog' }
  | { kind: 'tags'; name: string }
  | { kind: 'manifest'; name: string; reference: string }
  | { kind: 'referrers'; name: string; digest: string }
  | { kind: 'blob'; name: string; digest: string }
  | { kind: 'uploads'; name: string }
  | { kind: 'upload'; name: string; id: string }

/**
 * Reads the path of a registry request (OCI distribution spec, "Endpoints"). A repository name may
 * itself contain the words of a route (`acme/blobs/tags`), so the path is read from its end.
 * @returns undefined when no route has this shape.
 * @throws Problem `route-unknown` when the percent-encoding is broken.
 */
export function matchRegistryPath(pathname: string): RegistryPath | undefined {
  if (pathname === '/v2/' || pathname === '/v2') return { kind: 'base' }
  if (pathname === '/v2/auth') return { kind: 'auth' }
  if (pathname === '/v2/_catalog') return { kind: 'catalog' }
  if (!pathname.startsWith('/v2/')) return undefined

  const path = decode(pathname.slice('/v2/'.length))
  const lastSlash = path.lastIndexOf('/')
  const parent = path.slice(0, Math.max(lastSlash, 0))
  const last = path.slice(lastSlash + 1)

  const at = (suffix: string) =>
    parent.endsWith(suffix) ? parent.slice(0, -suffix.length) : undefined

  let name = at('/manifests')
  if (name !== undefined) return { kind: 'manifest', name, reference: last }
  name = at('/blobs/uploads')
  if (name !== undefined)
    return last === '' ? { kind: 'uploads', name } : { kind: 'upload', name, id: last }
  name = at('/blobs')
  if (name !== undefined) {
    // Some clients leave out the slash that ends the path of a new upload.
    return last === 'uploads' ? { kind: 'uploads', name } : { kind: 'blob', name, digest: last }
  }
  name = at('/referrers')
  if (name !== undefined) return { kind: 'referrers', name, digest: last }
  name = at('/tags')
  if (name !== undefined && last === 'list') return { kind: 'tags', name }
  return undefined
}

function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new Problem('route-unknown', {}, { cause })
  }
}
