import { describe, expect, it } from 'vitest'
import { isProblem } from '../problem.ts'
import { matchRegistryPath } from './registry-path.ts'

describe('the path of a registry request', () => {
  it.each([
    ['/v2/', { kind: 'base' }],
    ['/v2', { kind: 'base' }],
    ['/v2/auth', { kind: 'auth' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/acme/web/tags/list', { kind: 'tags', name: 'acme/web' }],
    ['/v2/acme/web/manifests/v1', { kind: 'manifest', name: 'acme/web', reference: 'v1' }],
    [
      '/v2/acme/web/manifests/sha256%3Aab',
      { kind: 'manifest', name: 'acme/web', reference: 'sha256:ab' },
    ],
    ['/v2/acme%2Fweb/manifests/v1', { kind: 'manifest', name: 'acme/web', reference: 'v1' }],
    ['/v2/a/b/c/d/blobs/sha256:ab', { kind: 'blob', name: 'a/b/c/d', digest: 'sha256:ab' }],
    ['/v2/acme/web/blobs/uploads/', { kind: 'uploads', name: 'acme/web' }],
    ['/v2/acme/web/blobs/uploads', { kind: 'uploads', name: 'acme/web' }],
    ['/v2/acme/web/blobs/uploads/1234', { kind: 'upload', name: 'acme/web', id: '1234' }],
    [
      '/v2/acme/web/referrers/sha256:ab',
      { kind: 'referrers', name: 'acme/web', digest: 'sha256:ab' },
    ],
    ['/v2/acme/blobs/tags/list', { kind: 'tags', name: 'acme/blobs' }],
    [
      '/v2/acme/manifests/blobs/sha256:ab',
      { kind: 'blob', name: 'acme/manifests', digest: 'sha256:ab' },
    ],
    [
      '/v2/acme/blobs/uploads/manifests/v1',
      { kind: 'manifest', name: 'acme/blobs/uploads', reference: 'v1' },
    ],
  ])('%s', (path, expected) => {
    expect(matchRegistryPath(path)).toEqual(expected)
  })

  it.each([
    '/v2/acme',
    '/v2/acme/web',
    '/v2/acme/web/tags',
    '/v2/acme/web/tags/all',
    '/v1/x/tags/list',
  ])('is no route: %s', (path) => {
    expect(matchRegistryPath(path)).toBeUndefined()
  })

  it('refuses broken percent-encoding', () => {
    expect(() => matchRegistryPath('/v2/acme/%zz/tags/list')).toThrow(
      expect.toSatisfy((error) => isProblem(error, 'route-unknown')),
    )
  })
})
