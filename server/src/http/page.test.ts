import { describe, expect, it } from 'vitest'
import { nextLink, parsePage } from './page.ts'

describe('a page of a list', () => {
  it.each([
    ['', { limit: 100 }],
    ['n=5', { limit: 5 }],
    ['n=0', { limit: 0 }],
    ['n=100000', { limit: 100 }],
    ['n=-1', { limit: 1 }],
    ['n=abc', { limit: 1 }],
    ['n=5&last=v1.0', { limit: 5, after: 'v1.0' }],
    ['next_page=v1.0', { limit: 100, after: 'v1.0' }],
  ])('?%s', (query, expected) => {
    expect(parsePage(new URLSearchParams(query), 100)).toEqual(expected)
  })

  it('escapes what it puts into the link', () => {
    expect(nextLink('https://h/v2/_catalog', { n: '2', last: 'a/b&c' })).toBe(
      '<https://h/v2/_catalog?n=2&last=a%2Fb%26c>; rel="next"',
    )
  })
})
