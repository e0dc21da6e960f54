import { isSoundText } from '../../http/parse-json.ts'
import type { ApiRoute } from './api-call.ts'

export type Match =
  | {
      readonly kind: 'route'
      readonly route: ApiRoute
      readonly params: Readonly<Record<string, string>>
    }
  | { readonly kind: 'redirect'; readonly path: string }
  | { readonly kind: 'wrong-method' | 'unknown' }

interface Pattern {
  readonly path: string
  readonly matcher: RegExp
  readonly names: readonly string[]
  readonly byMethod: ReadonlyMap<string, ApiRoute>
}

/** Parameters that let in whoever knows them, as a password does. */
const secretNames: ReadonlySet<string> = new Set(['code', 'file_id'])

/**
 * Finds the route of a path. Trailing slashes matter; a GET that lacks one is sent to where it is.
 * Where several patterns fit, the one that says more about the end of the path wins among those that
 * have the method: a GET of `…/tag/x`, where a tag can only be changed, is of a repository of that name.
 */
export function createRouteTable(routes: readonly ApiRoute[]) {
  const patterns = compileAll(routes)
  const secretive = patterns.filter(({ names }) => names.some((name) => secretNames.has(name)))

  function find(path: string): Pattern | undefined {
    return patterns.find(({ matcher }) => matcher.test(path))
  }

  return {
    knows: (path: string): boolean => find(path) !== undefined,

    /** The path as a log may hold it: where a part of it is a secret, only its form. */
    loggable: (path: string): string =>
      secretive.find(({ matcher }) => matcher.test(path))?.path ?? path,

    match(method: string, path: string): Match {
      const fitting = patterns.filter(({ matcher }) => matcher.test(path))
      if (fitting.length === 0) {
        const slashed = method === 'GET' && !path.endsWith('/') ? find(`${path}/`) : undefined
        return slashed?.byMethod.has('GET') && slashed.path.endsWith('/')
          ? { kind: 'redirect', path: `${path}/` }
          : { kind: 'unknown' }
      }
      const offering = fitting.filter(({ byMethod }) => byMethod.has(method))
      for (const pattern of offering) {
        const route = pattern.byMethod.get(method)
        const params = decodeParams(pattern, path)
        if (route === undefined || params === undefined) continue
        if (route.endpoint.params?.safeParse(params).success === false) continue
        return { kind: 'route', route, params }
      }
      return { kind: offering.length === 0 ? 'wrong-method' : 'unknown' }
    },
  }
}

function compileAll(routes: readonly ApiRoute[]): readonly Pattern[] {
  const byPath = new Map<string, Map<string, ApiRoute>>()
  for (const route of routes) {
    const { path, method, operationId } = route.endpoint
    const methods = byPath.get(path) ?? new Map<string, ApiRoute>()
    if (methods.has(method)) throw new Error(`two routes for ${method} ${path} (${operationId})`)
    byPath.set(path, methods.set(method, route))
  }
  return [...byPath]
    .sort(([a], [b]) => compareSpecificity(a, b))
    .map(([path, byMethod]) => ({ path, byMethod, ...compile(path) }))
}

function compile(path: string): { matcher: RegExp; names: readonly string[] } {
  const names: string[] = []
  const source = path.replaceAll(/\{(\w+)\}|[^{]+/g, (part, name: string | undefined) => {
    if (name === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    names.push(name)
    return name === 'repository' ? '([^/]+(?:/[^/]+)+)' : '([^/]+)'
  })
  return { matcher: new RegExp(`^${source}$`), names }
}

/** Longer endings behind `{repository}` first, then fixed segments before variable ones. */
function compareSpecificity(a: string, b: string): number {
  const weigh = (path: string) => {
    const segments = path.split('/')
    const fixed = segments.filter((segment) => segment !== '' && !segment.startsWith('{')).length
    return { open: path.includes('{repository}') ? 1 : 0, count: segments.length, fixed }
  }
  const [left, right] = [weigh(a), weigh(b)]
  return left.open - right.open || right.count - left.count || right.fixed - left.fixed
}

/** Undefined when a part cannot be decoded, or looked up. */
function decodeParams({ matcher, names }: Pattern, path: string) {
  const values = matcher.exec(path)?.slice(1) ?? []
  try {
    const decoded = values.map(decodeURIComponent)
    if (!decoded.every(isSoundText)) return undefined
    return Object.fromEntries(names.map((name, at) => [name, decoded[at] ?? ''] as const))
  } catch {
    return undefined
  }
}
