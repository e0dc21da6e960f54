import { expect, test } from 'vitest'

import { parseUpstreamName, upstreamReference, upstreamRepository } from './upstream-name.ts'

test.each([
  ['docker.io', 'docker.io', ''],
  ['docker.io/library', 'docker.io', 'library'],
  ['Registry.Example:5000/a/b-c', 'registry.example:5000', 'a/b-c'],
  ['127.0.0.1:5000', '127.0.0.1:5000', ''],
  ['[::1]:5000/team', '[::1]:5000', 'team'],
])('reads %s', (text, host, namespace) => {
  expect(parseUpstreamName(text)).toEqual({ host, namespace })
})

test.each([
  '',
  '/library',
  'https://docker.io',
  'docker.io/',
  'docker.io/Library',
  'docker.io/../secret',
  'user:password@docker.io',
  'host:99999',
  'host name',
  'host?x=1',
  `${'a'.repeat(300)}.example`,
])('refuses %j', (text) => {
  expect(parseUpstreamName(text)).toBeUndefined()
})

test('finds a repository upstream', () => {
  const whole = { host: 'quay.io', namespace: '' }
  const part = { host: 'docker.io', namespace: 'library' }
  expect(upstreamRepository(whole, 'team/app')).toBe('team/app')
  expect(upstreamRepository(part, 'alpine')).toBe('library/alpine')
  expect(upstreamReference(part, { name: 'alpine' })).toBe('docker.io/library/alpine')
})
