import { describe, expect, it } from 'vitest'
import { manifestPath, matchPath, repositoryPath, safeReturn, tagPath } from './routes.ts'

const repository = (name: string) => ({ page: 'repository', params: { repository: name } })
const tag = (name: string, tagName: string) => ({
  page: 'tag',
  params: { repository: name, tag: tagName },
})
const redirect = (to: string) => ({ page: 'redirect', to })
const notFound = { page: 'not-found', params: {} }

describe('an address', () => {
  it.each([
    ['/', redirect('/organization')],
    ['/overview', redirect('/home')],
    ['/organization', { page: 'organizations', params: {} }],
    ['/organization/', { page: 'organizations', params: {} }],
    ['/organization/site', { page: 'organization', params: { namespace: 'site' } }],
    [
      '/organization/site/teams/crew',
      { page: 'team', params: { namespace: 'site', team: 'crew' } },
    ],
    ['/organization/site/teams', notFound],
    ['/organization/site/crew/x', notFound],
    ['/user/devtable', { page: 'user', params: { namespace: 'devtable' } }],
    ['/repository/ns', notFound],
    ['/repository/ns/app', repository('ns/app')],
    ['/repository/ns/a/b/c', repository('ns/a/b/c')],
    ['/repository/ns/app/tag/1.0', tag('ns/app', '1.0')],
    ['/repository/ns/a/b/tag/1.0', tag('ns/a/b', '1.0')],
    // From the right: a part of the name that is called tag is part of the name.
    ['/repository/ns/tag/b/tag/1.0', tag('ns/tag/b', '1.0')],
    ['/repository/ns/tag/x', repository('ns/tag/x')],
    ['/repository/ns/app/tag', repository('ns/app/tag')],
    ['/repository/ns/app/tag/tag', tag('ns/app', 'tag')],
    [
      '/repository/ns/app/manifest/sha256:ab',
      { page: 'manifest', params: { repository: 'ns/app', digest: 'sha256:ab' } },
    ],
    ['/repository/ns/app/manifest/sha256', repository('ns/app/manifest/sha256')],
    ['/repository/ns/app/trigger/u1', redirect('/repository/ns/app?tab=builds&setupTrigger=u1')],
    ['/site', redirect('/organization/site')],
    ['/site/app', redirect('/repository/site/app')],
    ['/site/app/tag/1', redirect('/repository/site/app/tag/1')],
    ['/service/logs', { page: 'service-logs', params: {} }],
    ['/mirrors', { page: 'mirrors', params: {} }],
    ['/mirrors/missed', { page: 'missed-pulls', params: {} }],
    ['/mirrors/site/a/b', { page: 'mirror', params: { repository: 'site/a/b' } }],
    ['/mirrors/site', notFound],
    ['/service/nothing', notFound],
    ['/certificates/x', notFound],
    ['/api/x', notFound],
    ['/v2/x', notFound],
    ['/static/x.js', notFound],
    ['/setup', { page: 'setup', params: { step: undefined } }],
    ['/setup/network', { page: 'setup', params: { step: 'network' } }],
    ['/help/errors/MOOR-TLS-014', { page: 'help', params: { topic: 'errors/MOOR-TLS-014' } }],
    ['/oauth2/oidc/callback', { page: 'oauth-callback', params: { provider: 'oidc' } }],
    ['/a/%E0%A4%A', notFound],
    ['/a//b', notFound],
    ['/repository/ns/../x', notFound],
    ['/repository/n%20s/a%2Fb', { page: 'repository', params: { repository: 'n s/a/b' } }],
  ])('%s', (path, match) => {
    expect(matchPath(path)).toEqual(match)
  })

  it('is made so that it is read the same', () => {
    expect(matchPath(tagPath('ns/a/tag', 'v1'))).toEqual(tag('ns/a/tag', 'v1'))
    expect(matchPath(repositoryPath('ns/a b'))).toEqual(repository('ns/a b'))
    expect(manifestPath('ns/a', 'sha256:1')).toBe('/repository/ns/a/manifest/sha256:1')
  })
})

describe('where a sign-in leads to', () => {
  it.each([
    ['/repository/a/b?tab=tags#x', '/repository/a/b?tab=tags#x'],
    ['https://elsewhere.example/', undefined],
    ['//elsewhere.example/', undefined],
    ['/\\elsewhere.example', undefined],
    ['/\t/elsewhere.example', undefined],
    ['javascript:alert(1)', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j', (target, path) => {
    expect(safeReturn(target)).toBe(path)
  })
})
