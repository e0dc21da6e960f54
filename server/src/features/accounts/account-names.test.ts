import { expect, test } from 'vitest'

import { requireEmail, requireNewNamespace, requirePassword } from './account-names.ts'

const problem = (code: string, message: string) =>
  expect.objectContaining({ code, detail: expect.objectContaining({ message }) as object }) as Error

test.each(['ada', 'a1', 'a.b', 'a_b', 'a-b', '0x', 'a'.repeat(255)])(
  'accepts the name %s',
  (name) => {
    requireNewNamespace(name, 'username')
  },
)

const expression = 'Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$'
const length = 'Namespace must be between 2 and 255 characters in length'

test.each([
  ['', length],
  ['a', length],
  ['a'.repeat(256), length],
  ['Ada', expression],
  ['a..b', expression],
  ['a__b', expression],
  ['-ab', expression],
  ['ab-', expression],
  ['a+b', expression],
  ['ada\n', expression],
  ['$app', expression],
  ['ädä', expression],
  ['api', 'this name is reserved'],
  ['v2', 'this name is reserved'],
])('refuses the name %j', (name, reason) => {
  expect(() => requireNewNamespace(name, 'username')).toThrow(
    problem('namespace-invalid', `Invalid username ${name}: ${reason}`),
  )
  expect(() => requireNewNamespace(name, 'namespace')).toThrow(
    problem('namespace-invalid', `Invalid namespace ${name}: ${reason}`),
  )
})

test.each(['ada@example.com', 'a+b@x.y', `${'a'.repeat(242)}@example.com`])(
  'accepts the address %s',
  (email) => requireEmail(email),
)

test.each([
  '',
  'ada',
  '@example.com',
  'ada@',
  'ada@example',
  'ada@example.',
  'ada@.com',
  'ada@exa..com',
  'a@b@example.com',
  'a b@example.com',
  `${'a'.repeat(243)}@example.com`,
])('refuses the address %j', (email) => {
  expect(() => requireEmail(email)).toThrow(
    problem('email-invalid', `Invalid email address: ${email}`),
  )
})

test.each(['seven77', '', 'with space', 'tab\tinside', 'line\nbreak'])(
  'refuses the password %j without repeating it',
  (password) => {
    expect(() => requirePassword(password)).toThrow(
      expect.objectContaining({
        code: 'password-invalid',
        detail: {
          message:
            'Invalid password, password must be at least 8 characters and contain no whitespace.',
        },
      }) as Error,
    )
  },
)

test('accepts a password of eight characters', () => requirePassword('eight888'))
