import { describe, expect, test } from 'vitest'

import { closeness } from './closeness.ts'
import { containsPattern, ftsPhrase, parseNamePrefix, parseSearchText } from './search-text.ts'

describe('what is looked for', () => {
  test('is text without control characters, in lower case, of limited length', () => {
    expect(parseSearchText(' Web\u0000App\n')).toBe('web app')
    expect(parseSearchText('x'.repeat(400))).toHaveLength(255)
    expect(parseSearchText('\u{D83D}')).toBe('\u{FFFD}')
  })

  test('is a phrase to the text index, whatever is in it', () => {
    expect(ftsPhrase('a" OR b*')).toBe('"a"" OR b*"')
  })

  test('has no wildcards', () => {
    expect(containsPattern(String.raw`50%_\x`)).toBe(String.raw`%50\%\_\\x%`)
  })

  test('is a name without accents, spaces and capitals', () => {
    expect(parseNamePrefix('  Ádá L')).toBe('adal')
    expect(parseNamePrefix('日本')).toBe('')
  })
})

test.each([
  ['web', 1],
  ['web-app', 0.9],
  ['my-web', 0.8],
  ['acme/web', 0.8],
  ['cobweb', 0.7],
  ['app', 0.5],
])('%s is %d close to "web"', (name, expected) => {
  expect(closeness(name, 'Web')).toBe(expected)
})
