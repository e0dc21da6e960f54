import { describe, expect, it } from 'vitest'

import { usualRules } from './mirror-rules.ts'
import { isVersionRange, selectTags } from './tag-selection.ts'

const signature = `sha256-${'0'.repeat(64)}.sig`
const available = ['latest', 'v1.10', 'v1.9.1', 'v1.9.1-alpine', '2.0.0-rc.1', 'edge', signature]
const select = (rules: Partial<typeof usualRules>, patterns = ['*']) =>
  selectTags(available, patterns, { ...usualRules, ...rules })

describe('the tags that a mirror follows', () => {
  it('are those that any pattern matches, by name', () => {
    expect(select({}, ['v1.9*', 'latest', 'v*alpine'])).toEqual([
      'latest',
      'v1.9.1',
      'v1.9.1-alpine',
    ])
    expect(select({})).toEqual([...available].sort())
    expect(select({}, ['nothing*'])).toEqual([])
  })

  it('are without what is excluded', () => {
    expect(select({ exclude: ['*-*', 'e*'] })).toEqual(['latest', 'v1.10', 'v1.9.1'])
  })

  it('are the versions of a range only', () => {
    expect(select({ semver: '>=1.9 <2' })).toEqual(['v1.10', 'v1.9.1', 'v1.9.1-alpine'])
    expect(select({ semver: '1.10.x' })).toEqual(['v1.10'])
  })

  it('are the highest versions first, and other names after them', () => {
    expect(select({ newest: 2 })).toEqual(['2.0.0-rc.1', 'v1.10'])
    expect(select({ newest: 5 })).toEqual([
      '2.0.0-rc.1',
      'latest',
      'v1.10',
      'v1.9.1',
      'v1.9.1-alpine',
    ])
    expect(select({ newest: 1, semver: '1.x' })).toEqual(['v1.10'])
  })
})

it.each([
  ['>=1.20 <2', true],
  ['1.x || 3', true],
  ['yesterday', false],
  ['>=1.2.3.4.5', false],
])('the range %s: %s', (text, expected) => {
  expect(isVersionRange(text)).toBe(expected)
})
