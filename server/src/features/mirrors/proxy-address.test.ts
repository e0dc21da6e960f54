import { expect, it } from 'vitest'

import { maskedProxy, unmaskedProxy } from './proxy-address.ts'

it.each([
  ['http://proxy:3128', 'http://proxy:3128'],
  ['http://me@proxy:3128', 'http://me@proxy:3128'],
  ['proxy:3128', 'proxy:3128'],
  ['example.com,.local:80,[::1]', 'example.com,.local:80,[::1]'],
  ['http://me:secret@proxy:3128', 'http://me:********@proxy:3128'],
  ['me:secret@proxy:3128', 'me:********@proxy:3128'],
  ['https://me:@proxy', 'https://me:********@proxy'],
  ['http://me:se/cr@et:@proxy:3128/', 'http://me:********@proxy:3128/'],
  ['socks5h://me:se/cret@[::1]:1080', 'socks5h://me:********@[::1]:1080'],
])('%s is shown as %s', (address, shown) => {
  expect(maskedProxy(address)).toBe(shown)
  expect(unmaskedProxy(shown, address)).toBe(address)
})

it('what was changed is not what was shown', () => {
  const stored = 'http://me:secret@proxy:3128'
  expect(unmaskedProxy('http://me:********@other:3128', stored)).toBe(
    'http://me:********@other:3128',
  )
  expect(unmaskedProxy(undefined, stored)).toBeUndefined()
  expect(unmaskedProxy(null, stored)).toBeNull()
})
