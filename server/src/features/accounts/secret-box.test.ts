import { expect, test } from 'vitest'

import { Secret } from '../../config/secret.ts'
import { systemRandom } from '../../platform/random.ts'
import { createSecretBox, deriveKey } from './secret-box.ts'

const box = (key: string) => createSecretBox({ secretKey: new Secret(key), random: systemRandom })

test('opens what it sealed, and nothing else', () => {
  const sealed = box('key').seal('TOKEN')
  expect(box('key').open(sealed)).toBe('TOKEN')
  expect(sealed).not.toContain('TOKEN')
  expect(box('key').seal('TOKEN')).not.toBe(sealed)
  expect(() => box('other').open(sealed)).toThrow()
  expect(() => box('key').open('TOKEN')).toThrow('unknown form')
  const bytes = Buffer.from(sealed.slice(4), 'base64')
  for (const at of [0, 12, bytes.length - 1]) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(() => box('key').open(`v1$$${changed.toString('base64')}`)).toThrow()
  }
})

test.each([
  ['258', '0102'.repeat(16)],
  ['00000000-0000-0000-0000-0000000000ff', `${'0'.repeat(30)}ff`.repeat(2)],
  ['ab', '6162'.repeat(16)],
  ['x'.repeat(40), '78'.repeat(32)],
])('reads the key %s as Quay does', (text, hex) => {
  expect(deriveKey(text).toString('hex')).toBe(hex)
})

test('refuses an empty key', () => expect(() => deriveKey('')).toThrow('empty'))
