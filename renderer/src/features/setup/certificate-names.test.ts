import { expect, test } from 'vitest'
import { isAddress, namesOf, uncoveredNames } from './certificate-names.ts'

const host = {
  hostname: 'Registry.example.lan',
  addresses: [
    { address: '192.0.2.7', lasting: true },
    { address: '2001:db8::7', lasting: true },
    { address: 'fe80::1', lasting: false },
  ],
}

test('names come once, the primary one first', () => {
  const identity = { primaryName: 'a.lan', moreNames: ['b.lan', 'a.lan'], addresses: ['192.0.2.7'] }
  expect(namesOf(identity)).toEqual(['a.lan', 'b.lan', '192.0.2.7'])
})

test('says by what this host is reached and the certificate would not carry', () => {
  expect(uncoveredNames(['192.0.2.7'], host)).toEqual(['registry.example.lan', '2001:db8::7'])
  expect(uncoveredNames(['*.example.lan', '192.0.2.7', '2001:db8::7'], host)).toEqual([])
  expect(uncoveredNames(['*.lan'], host)).toContain('registry.example.lan')
})

test('tells addresses from names', () => {
  expect(['192.0.2.7', '::1', '10.example', 'a.lan'].map(isAddress)).toEqual([
    ...[true, true, false, false],
  ])
})
