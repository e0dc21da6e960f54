import { describe, expect, it } from 'vitest'
import { linkOfArguments, linkOfFile, parseDeepLink, parseFingerprint } from './deep-link.ts'

const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')

describe('a deep link', () => {
  it.each([
    [
      'mooring://open/repository/a/b?tab=tags',
      { action: 'open', path: '/repository/a/b?tab=tags' },
    ],
    ['mooring://open', { action: 'open', path: '/' }],
    ['mooring://import?file=/media/usb/x', { action: 'import', file: '/media/usb/x' }],
    [
      'mooring://connect?url=https://far.example:8443',
      { action: 'connect', url: 'https://far.example:8443' },
    ],
    [
      `mooring://connect?url=https://far.example/&fp=${fingerprint.toLowerCase()}`,
      { action: 'connect', url: 'https://far.example', fingerprint },
    ],
  ])('is understood: %s', (text, link) => {
    expect(parseDeepLink(text)).toEqual(link)
  })

  it.each([
    'https://open/x',
    'mooring://delete/x',
    'mooring://open//evil.example/',
    'mooring://open/\\evil.example',
    'mooring://open/%2fevil.example',
    'mooring://open/x#y',
    'mooring://open/x\ny',
    'mooring://user@open/x',
    'mooring://import?file=relative',
    'mooring://import?file=/a&file=/b',
    'mooring://import?file=/a&run=1',
    'mooring://import?file=/a%00b',
    'mooring://connect?url=http://far.example',
    'mooring://connect?url=https://u:p@far.example',
    'mooring://connect?url=https://far.example/path',
    'mooring://connect?url=https://far.example&fp=12',
    `mooring://open/${'x'.repeat(2048)}`,
    'mooring:',
    '',
  ])('is dropped: %j', (text) => {
    expect(parseDeepLink(text)).toBeUndefined()
  })
})

it('bundles open the import page, other files nothing', () => {
  expect(linkOfFile('/x/site.mooring.tar')).toEqual({
    action: 'import',
    file: '/x/site.mooring.tar',
  })
  expect(linkOfFile('/x/site.tar')).toBeUndefined()
  expect(linkOfFile('site.mooring.tar')).toBeUndefined()
})

it('finds the link among other arguments, and takes no argument for a switch', () => {
  expect(linkOfArguments(['--hidden', 'mooring://open/x'])).toEqual({ action: 'open', path: '/x' })
  expect(linkOfArguments(['--hidden', '--data=/x.mooring.tar'])).toBeUndefined()
})

it('takes fingerprints in every usual writing', () => {
  for (const text of [fingerprint, 'ab'.repeat(32), `SHA256 ${fingerprint}`, 'AB '.repeat(32)]) {
    expect(parseFingerprint(text)).toBe(fingerprint)
  }
  expect(parseFingerprint('ab')).toBeUndefined()
})
