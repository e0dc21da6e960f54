import { z } from 'zod'

import type { Route } from '../../upstream/connections.ts'
import type { JsonAnswer, ReadJson } from '../../upstream/json-api.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { SourceType } from './org-mirror-store.ts'

/** A namespace of a registry that knows its repositories. */
export interface Source {
  readonly type: SourceType
  /** Without a path. */
  readonly url: string
  /** Organization or user of Quay, project of Harbor. */
  readonly namespace: string
  readonly username?: string
  /** For Quay an OAuth token; its name is not used. */
  readonly password?: string
  readonly route: Route
}

const mostRepositories = 100_000
const mostPages = 10_000
const harborPageSize = 100
/** Of a repository with all that stands before it. */
const longestName = 255

const named = z.object({ name: z.string().max(longestName) })
const quayPage = z.object({
  repositories: z.array(named),
  next_page: z.string().nullish(),
})
const harborPage = z.array(named)

/** What a source registry tells about its repositories (engines, 8.2). */
export function createSourceRegistry(readJson: ReadJson) {
  const ask = (source: Source, path: string, signal: AbortSignal): Promise<JsonAnswer> =>
    readJson({
      url: new URL(path, source.url),
      authorization: authorizationOf(source),
      route: source.route,
      signal,
    })

  /** @throws UpstreamFault unless it is answered 200 or one of the statuses named. */
  async function askFor(
    source: Source,
    path: string,
    signal: AbortSignal,
    fine: readonly number[] = [],
  ): Promise<JsonAnswer> {
    const answer = await ask(source, path, signal)
    if (answer.status === 200 || fine.includes(answer.status)) return answer
    throw refused(source, path, answer.status)
  }

  async function requireQuayNamespace(source: Source, signal: AbortSignal): Promise<void> {
    if (source.password !== undefined) await askFor(source, '/api/v1/user/', signal)
    const name = encodeURIComponent(source.namespace)
    const organization = await askFor(source, `/api/v1/organization/${name}`, signal, [404])
    if (organization.status === 200) return
    const user = await askFor(source, `/api/v1/users/${name}`, signal, [404])
    if (user.status === 404) throw missing(source, `Namespace '${source.namespace}' not found`)
  }

  async function* quayNames(source: Source, signal: AbortSignal): AsyncGenerator<string> {
    await requireQuayNamespace(source, signal)
    let next: string | undefined
    for (let page = 0; page < mostPages; page++) {
      const query = new URLSearchParams({ namespace: source.namespace })
      if (source.password === undefined) query.set('public', 'true')
      if (next !== undefined) query.set('next_page', next)
      const path = `/api/v1/repository?${query.toString()}`
      const { repositories, next_page } = read(
        quayPage,
        source,
        path,
        await askFor(source, path, signal),
      )
      for (const { name } of repositories) yield name
      if (!next_page) return
      next = next_page
    }
  }

  async function* harborNames(source: Source, signal: AbortSignal): AsyncGenerator<string> {
    const project = encodeURIComponent(source.namespace)
    const prefix = `${source.namespace}/`
    for (let page = 1; page <= mostPages; page++) {
      const size = String(harborPageSize)
      const path = `/api/v2.0/projects/${project}/repositories?page=${String(page)}&page_size=${size}`
      const answer = await askFor(source, path, signal, [404])
      if (answer.status === 404) throw missing(source, `Project '${source.namespace}' not found`)
      const found = read(harborPage, source, path, answer)
      for (const { name } of found) yield name.startsWith(prefix) ? name.slice(prefix.length) : name
      const hasNext = answer.link?.includes('rel="next"') ?? false
      if (!hasNext && found.length < harborPageSize) return
    }
  }

  return {
    /** All names, or an error: never a part of them. */
    async list(source: Source, signal: AbortSignal): Promise<readonly string[]> {
      const names = new Set<string>()
      const found = source.type === 'quay' ? quayNames : harborNames
      for await (const name of found(source, signal)) {
        names.add(name)
        if (names.size > mostRepositories) {
          throw fault(source, `it lists more than ${String(mostRepositories)} repositories`)
        }
      }
      return [...names]
    },

    /** @throws UpstreamFault when it does not let us in, or has no such namespace. */
    async check(source: Source, signal: AbortSignal): Promise<void> {
      if (source.type === 'quay') {
        await requireQuayNamespace(source, signal)
        return
      }
      const project = encodeURIComponent(source.namespace)
      const path = `/api/v2.0/projects/${project}/repositories?page=1&page_size=1`
      const answer = await askFor(source, path, signal, [404])
      if (answer.status === 404) throw missing(source, `Project '${source.namespace}' not found`)
    },
  }
}

export type SourceRegistry = ReturnType<typeof createSourceRegistry>

function authorizationOf({ type, username, password }: Source): string | undefined {
  if (password === undefined || password === '') return undefined
  if (type === 'quay') return `Bearer ${password}`
  return `Basic ${Buffer.from(`${username ?? ''}:${password}`).toString('base64')}`
}

function read<T>(shape: z.ZodType<T>, source: Source, path: string, answer: JsonAnswer): T {
  const parsed = shape.safeParse(answer.body)
  if (parsed.success) return parsed.data
  throw fault(source, 'its answer is no list of repositories', path, answer.status)
}

function refused(source: Source, path: string, status: number): UpstreamFault {
  const facts = factsOf(source, path, status)
  if (status === 401 || status === 403) {
    return new UpstreamFault('auth_failed', { ...facts, reason: 'it does not let us in' })
  }
  const reason =
    status >= 300 && status < 400 ? 'it redirects, which is refused' : `it was answered ${status}`
  return new UpstreamFault('invalid_source_registry', { ...facts, reason })
}

function missing(source: Source, reason: string): UpstreamFault {
  return new UpstreamFault('not_found', { ...factsOf(source, '', 404), reason })
}

function fault(source: Source, reason: string, path = '', status?: number): UpstreamFault {
  return new UpstreamFault('invalid_source_registry', { ...factsOf(source, path, status), reason })
}

function factsOf({ url }: Source, path: string, status: number | undefined) {
  const [asked = ''] = path.split('?')
  return { host: new URL(url).host, asked: `GET ${asked}`, status }
}
