import { describe, expect, it } from 'vitest'
import { parseMirror } from './client-tools.ts'

describe('parseMirror', () => {
  it.each([
    [
      'one-line format',
      'deb http://mirror.test/debian bookworm main\n',
      'http://mirror.test/debian',
    ],
    [
      'deb822 format',
      'Types: deb\n# http://snapshot.test/archive/debian/20250520T000000Z\nURIs: https://mirror.test/debian\nSuites: bookworm\n',
      'https://mirror.test/debian',
    ],
    [
      'options and a trailing slash',
      'deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/x/debian/ sid main',
      'http://mirror.test/x/debian/',
    ],
    ['commented out', '# deb http://mirror.test/debian bookworm main\n', undefined],
    ['security archive only', 'URIs: http://mirror.test/debian-security\n', undefined],
    ['no file', '', undefined],
  ])('reads the %s', (_name, sources, mirror) => {
    expect(parseMirror(sources)).toBe(mirror)
  })
})
