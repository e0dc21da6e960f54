import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { endpoint, type Method } from '../../contract/endpoint.ts'
import { route } from './api-call.ts'
import { createRouteTable } from './route-table.ts'

function routeTo(method: Method, path: string, params?: z.ZodObject) {
  const definition = endpoint({
    area: 'test',
    method,
    path,
    operationId: `${method} ${path}`,
    summary: '',
    rule: { kind: 'anyone' },
    scope: null,
    ...(params && { params }),
    responses: { 200: null },
  })
  return route(definition, () => Promise.resolve(undefined))
}

const table = createRouteTable([
  routeTo('GET', '/r/{repository}'),
  routeTo('PUT', '/r/{repository}'),
  routeTo('GET', '/r/mirror/health'),
  routeTo('GET', '/r/{repository}/tag/'),
  routeTo('DELETE', '/r/{repository}/tag/{tag}'),
  routeTo('GET', '/r/{repository}/manifest/{ref}', z.object({ ref: z.string().regex(/^sha256:/) })),
  routeTo('GET', '/user/'),
  routeTo('GET', '/user/{name}'),
  routeTo('GET', '/user/logs'),
])

it('shows a log what is asked for, but no part that lets in whoever knows it', () => {
  const { loggable } = createRouteTable([
    routeTo('PUT', '/invite/{code}'),
    routeTo('GET', '/exports/{file_id}'),
    routeTo('GET', '/user/{name}'),
  ])
  const paths = ['/invite/a%2Bb', '/exports/abc', '/user/ada', '/other/abc']
  expect(paths.map(loggable)).toEqual([
    '/invite/{code}',
    '/exports/{file_id}',
    '/user/ada',
    '/other/abc',
  ])
})

describe('the route of a path', () => {
  it.each([
    ['GET', '/r/acme/web', 'GET /r/{repository}', { repository: 'acme/web' }],
    ['GET', '/r/acme/deep/er/web', 'GET /r/{repository}', { repository: 'acme/deep/er/web' }],
    ['GET', '/r/mirror/health', 'GET /r/mirror/health', {}],
    ['GET', '/r/acme/web/tag/', 'GET /r/{repository}/tag/', { repository: 'acme/web' }],
    [
      'DELETE',
      '/r/acme/web/tag/tag/v1',
      'DELETE /r/{repository}/tag/{tag}',
      { repository: 'acme/web/tag', tag: 'v1' },
    ],
    // A tag has no GET, so this is a repository; and what is no digest is no manifest.
    ['GET', '/r/acme/web/tag/v1', 'GET /r/{repository}', { repository: 'acme/web/tag/v1' }],
    ['PUT', '/r/acme/web/tag/v1', 'PUT /r/{repository}', { repository: 'acme/web/tag/v1' }],
    ['GET', '/r/a/b/manifest/x', 'GET /r/{repository}', { repository: 'a/b/manifest/x' }],
    ['GET', '/user/logs', 'GET /user/logs', {}],
    ['GET', '/user/a%2Bb', 'GET /user/{name}', { name: 'a+b' }],
    [
      'GET',
      '/r/acme/web/manifest/sha256:ab',
      'GET /r/{repository}/manifest/{ref}',
      { repository: 'acme/web', ref: 'sha256:ab' },
    ],
  ])('%s %s is %s', (method, path, id, params) => {
    const match = table.match(method, path)
    expect(match.kind === 'route' && match.route.endpoint.operationId).toBe(id)
    expect(match.kind === 'route' && match.params).toEqual(params)
  })

  it('is unknown for a path that fits none, or whose parts do not fit', () => {
    for (const path of ['/r/web', '/r/', '/x', '/user/%ff', '/r/a/b/manifest/%ff']) {
      expect([path, table.match('GET', path).kind]).toEqual([path, 'unknown'])
    }
  })

  it('tells a wrong method from an unknown path', () => {
    expect(table.match('DELETE', '/user/').kind).toBe('wrong-method')
  })

  it('is one slash further for a GET that forgot it', () => {
    expect(table.match('GET', '/user')).toEqual({ kind: 'redirect', path: '/user/' })
    expect(table.match('PUT', '/user').kind).toBe('unknown')
    expect(table.match('GET', '/user/logs/').kind).toBe('unknown')
  })

  it('is never two', () => {
    expect(() => createRouteTable([routeTo('GET', '/a'), routeTo('GET', '/a')])).toThrow(
      /two routes/,
    )
  })
})
