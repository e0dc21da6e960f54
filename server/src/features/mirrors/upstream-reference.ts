import { Problem } from '../../problem.ts'

/** Where a mirror gets its tags. */
export interface UpstreamReference {
  /** `host[:port]` */
  readonly host: string
  /** As the upstream calls it. */
  readonly repository: string
}

const hostPattern =
  /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?)(?::\d{1,5})?$/
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/**
 * Reads `host[:port]/path`.
 * @throws Problem `request-invalid` in Quay's words (api-shapes, 16.1)
 */
export function parseUpstreamReference(text: string): UpstreamReference {
  if (text.includes('://'))
    throw invalid('External registry reference must not include a URL scheme')
  const slash = text.indexOf('/')
  const host = text.slice(0, slash)
  const path = text.slice(slash + 1)
  if (slash <= 0 || path === '') {
    throw invalid('External registry reference must include a repository path')
  }
  if (path.includes('@') || path.includes(':')) {
    throw invalid('External registry reference must not include a tag or digest')
  }
  const components = path.split('/')
  if (!hostPattern.test(host) || !components.every((one) => component.test(one))) {
    throw invalid('The provided registry location is not allowed')
  }
  // What Docker calls busybox is library/busybox to its registry.
  const official = dockerHub.has(host.toLowerCase()) && components.length === 1
  return { host: host.toLowerCase(), repository: official ? `library/${path}` : path }
}

function invalid(message: string): Problem {
  return new Problem('request-invalid', { message })
}
