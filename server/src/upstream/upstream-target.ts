import { createHash } from 'node:crypto'
import type { Route } from './connections.ts'
import { UpstreamFault } from './upstream-fault.ts'
import type { UpstreamAccess, UpstreamObserver } from './upstream.ts'

/** One repository of one registry, as requests need it. */
export interface UpstreamTarget {
  /** Where the registry is asked, without a path. */
  readonly origin: URL
  /** As the registry knows it; may be empty. */
  readonly repository: string
  readonly route: Route
  readonly basic: string | undefined
  readonly username: string | undefined
  /** The same for those who may share a token. */
  readonly identity: string
  readonly observe: UpstreamObserver | undefined
}

const hostPattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?$/
const repositoryPattern =
  /^[a-zA-Z0-9]+(?:[._-]+[a-zA-Z0-9]+)*(?:\/[a-zA-Z0-9]+(?:[._-]+[a-zA-Z0-9]+)*)*$/

const hub = 'registry-1.docker.io'

/** Where a registry is asked; Docker Hub is not where its name says. */
export function contactedHost(host: string): string {
  return /^(?:(?:www|index)\.)?docker\.io$/i.test(host) ? hub : host.toLowerCase()
}

/** @throws UpstreamFault `invalid_source_registry` */
export function parseTarget(
  access: UpstreamAccess,
  observe: UpstreamObserver | undefined,
): UpstreamTarget {
  const { plainHttp = false, verifyTls = true, authorities, proxy, credentials } = access
  const refuse = (reason: string) =>
    new UpstreamFault('invalid_source_registry', {
      ...{ host: access.host.slice(0, 255), asked: 'its address', reason },
    })
  if (!hostPattern.test(access.host)) throw refuse('it is not host[:port]')
  const host = contactedHost(access.host)
  const origin = URL.parse(`${plainHttp ? 'http' : 'https'}://${host}/`)
  if (origin === null) throw refuse('it is not host[:port]')
  const { repository: given } = access
  if (given !== '' && (given.length > 255 || !repositoryPattern.test(given)))
    throw refuse('the repository has no valid name')
  const repository =
    host === hub && given !== '' && !given.includes('/') ? `library/${given}` : given
  return {
    origin,
    repository,
    route: {
      verifyTls,
      ...(authorities !== undefined && { authorities }),
      ...(proxy !== undefined && { proxy }),
    },
    basic: credentials && basicOf(credentials),
    username: credentials?.username,
    identity: identityOf([origin.origin, repository, verifyTls, credentials ?? null]),
    observe,
  }
}

function basicOf({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function identityOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** A path of the repository: `manifests/latest`, whose last part may hold anything. */
export function repositoryUrl(
  { origin, repository }: UpstreamTarget,
  kind: 'manifests' | 'blobs' | 'tags' | 'referrers',
  name: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  // Digests go as every client sends them.
  const last = encodeURIComponent(name).replaceAll('%3A', ':')
  const url = new URL(`/v2/${repository}/${kind}/${last}`, origin)
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
  return url
}
