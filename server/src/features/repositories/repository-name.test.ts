import fc from 'fast-check'
import { expect, test } from 'vitest'

import { parseRepositoryName, requireCreatableName } from './repository-name.ts'

const rules = { extended: true, librarySupport: true, libraryNamespace: 'library' }

test.each([
  ['acme/web', 'acme', 'web'],
  ['acme/a/b/c', 'acme', 'a/b/c'],
  ['ubuntu', 'library', 'ubuntu'],
  ['my-org.x_y/a__b-.c', 'my-org.x_y', 'a__b-.c'],
  [`aa/${'b'.repeat(252)}`, 'aa', 'b'.repeat(252)],
])('reads %s', (text, namespace, name) => {
  expect(parseRepositoryName(text, rules)).toEqual({
    namespace,
    name,
    fullName: `${namespace}/${name}`,
  })
})

test.each([
  '',
  '/',
  '/web',
  'acme/',
  'a/web',
  'Acme/web',
  'acme/Web',
  'acme//web',
  'acme/web/',
  'acme/-web',
  'acme/.web',
  'acme/_web',
  '-acme/web',
  'acme-/web',
  'ac..me/web',
  'acme/..',
  'acme/../web',
  'acme/web\n',
  'acme/wéb',
  'acme/web:1',
  'acme+ci/web',
  `aa/${'b'.repeat(253)}`,
])('refuses %j', (text) => {
  expect(() => parseRepositoryName(text, rules)).toThrow(
    expect.objectContaining({
      code: 'repository-name-invalid',
      detail: { name: text, message: `Invalid repository name: ${text}` },
    }) as Error,
  )
})

test('refuses nested names when they are off', () => {
  expect(() => parseRepositoryName('acme/a/b', { ...rules, extended: false })).toThrow(
    expect.objectContaining({
      code: 'repository-name-invalid',
      detail: {
        name: 'acme/a/b',
        message: 'Nested repositories are not supported. Found: acme/a/b',
      },
    }) as Error,
  )
})

test('asks for a namespace when there is no library', () => {
  expect(() => parseRepositoryName('ubuntu', { ...rules, librarySupport: false })).toThrow(
    expect.objectContaining({ code: 'namespace-required' }) as Error,
  )
})

test.each(['acme/build', 'acme/trigger', 'acme/tag', 'acme/x/tag'])(
  '%s can be asked for but not created',
  (text) => {
    const name = parseRepositoryName(text, rules)
    expect(() => requireCreatableName(name)).toThrow('repository-name-invalid')
  },
)

test('what it accepts is safe as a path and comes back the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      let parsed
      try {
        parsed = parseRepositoryName(text, rules)
      } catch {
        return
      }
      expect(parsed.fullName).toMatch(/^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)+$/)
      expect(parseRepositoryName(parsed.fullName, rules)).toEqual(parsed)
    }),
  )
})
