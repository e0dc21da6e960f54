import type { RepositoryName } from '../repositories/repository-name.ts'

/** Where the repositories of a cache are upstream. */
export interface UpstreamName {
  /** `host[:port]`, as people write it. */
  readonly host: string
  /** Stands before every repository; empty: nothing does. */
  readonly namespace: string
}

const hostPattern = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/i
const namespacePattern = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/
const longest = 255

/** Reads `host[:port][/namespace]`; undefined when it is something else. */
export function parseUpstreamName(text: string): UpstreamName | undefined {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const namespace = slash < 0 ? '' : text.slice(slash + 1)
  if (text.length > longest || !hostPattern.test(host)) return undefined
  if (!URL.canParse(`https://${host}/`)) return undefined
  if (slash >= 0 && !namespacePattern.test(namespace)) return undefined
  return { host: host.toLowerCase(), namespace }
}

/** `hub/alpine` of a cache of `docker.io/library` is `library/alpine` there. */
export function upstreamRepository({ namespace }: UpstreamName, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** The same with the host, as it is written in front of an image. */
export function upstreamReference(upstream: UpstreamName, { name }: Pick<RepositoryName, 'name'>) {
  return `${upstream.host}/${upstreamRepository(upstream, name)}`
}
