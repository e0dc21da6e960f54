import { describe, expect, it } from 'vitest'

import { isRedirectAllowed, parseRedirectUri, withAnswer } from './redirect-uri.ts'

const localHandler = 'https://registry.example:8443/oauth/localapp'
const registered = 'https://ci.example.com/cb'
const allowed = (requested: string, home = registered) =>
  isRedirectAllowed(requested, { registered: home, localHandlers: [localHandler] })

describe('the answer of an application may go', () => {
  it.each([
    registered,
    `${registered}/deeper`,
    `${registered}2`,
    `${registered}?job=7`,
    'HTTPS://CI.example.com/cb',
    localHandler,
  ])('to %s', (requested) => {
    expect(allowed(requested)).toBe(true)
  })

  it.each([
    ['another host', 'https://evil.example.com/cb'],
    ['a host that begins alike', 'https://ci.example.com.evil.net/cb'],
    ['another port', 'https://ci.example.com:444/cb'],
    ['another scheme', 'http://ci.example.com/cb'],
    ['another path', 'https://ci.example.com/other'],
    ['a path in other letters', 'https://ci.example.com/CB'],
    ['user information', 'https://ci.example.com@evil.net/cb'],
    ['user information before the host', 'https://me:secret@ci.example.com/cb'],
    ['a step up', 'https://ci.example.com/cb/../admin'],
    ['an encoded step up', 'https://ci.example.com/cb/%2e%2e/admin'],
    ['a half encoded step up', 'https://ci.example.com/cb/.%2E/admin'],
    ['an at sign in the path', 'https://ci.example.com/cb/@evil.net'],
    ['a percent sign behind the registered part', 'https://ci.example.com/cb/%41'],
    ['a percent sign in the query', 'https://ci.example.com/cb?x=%41'],
    ['a fragment', 'https://ci.example.com/cb#x'],
    ['a backslash', 'https://ci.example.com\\@evil.net/cb'],
    ['a line break', 'https://ci.example.com/cb\r\nSet-Cookie: a=b'],
    ['a space', 'https://ci.example.com/cb x'],
    ['no authority', 'https:/ci.example.com/cb'],
    ['a relative path', '/cb'],
    ['nothing', ''],
    ['our handler with more behind it', `${localHandler}/x`],
    ['our handler under another host', 'https://evil.net/oauth/localapp'],
  ])('not to %s', (_what, requested) => {
    expect(allowed(requested)).toBe(false)
  })

  it('nowhere but to our own page when nothing is registered', () => {
    expect(allowed(registered, '')).toBe(false)
    expect(allowed(localHandler, '')).toBe(true)
  })

  it('to exactly the registered URI when that has a query', () => {
    const home = `${registered}?a=1`
    expect(allowed(home, home)).toBe(true)
    expect(allowed(`${home}&b=2`, home)).toBe(false)
  })

  it('to a path with percent signs that was registered like that', () => {
    const home = 'https://ci.example.com/a%20b'
    expect(allowed(`${home}/c`, home)).toBe(true)
    expect(allowed('https://ci.example.com/a%2520b', home)).toBe(false)
  })

  it('to an app, but not to a script', () => {
    expect(allowed('ciapp://done/cb', 'ciapp://done/cb')).toBe(true)
    expect(parseRedirectUri('javascript://x/%0aalert(1)')).toBeUndefined()
  })
})

describe('the answer', () => {
  it('stands in the query or behind the hash', () => {
    expect(withAnswer(registered, { code: 'a b', state: undefined })).toBe(
      `${registered}?code=a%20b`,
    )
    expect(withAnswer(`${registered}?x=1`, { state: '&' }, { access_token: 't' })).toBe(
      `${registered}?x=1&state=%26#access_token=t`,
    )
    expect(withAnswer(registered, {})).toBe(registered)
  })
})
