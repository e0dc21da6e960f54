import { expect, test } from 'vitest'
import { systemRandom } from '../platform/random.ts'
import { drawPassphrase, isCommonPassword } from './common-passwords.ts'

test.each([
  'administrator',
  'Administrator',
  '123456789012',
  'passwordpassword',
  'sunshine2024!!!!',
  '!!!!1234Letmein5678',
  'aaaaaaaaaaaaaa',
  'ａｄｍｉｎｉｓｔｒａｔｏｒ',
])('%s is what guessers try first', async (password) => {
  expect(await isCommonPassword(password)).toBe(true)
})

test.each(['harbour-lantern-42', 'correcthorsebatterystaple', 'x7#Qp!2zLm0w', '847362019485'])(
  '%s is no common password',
  async (password) => {
    expect(await isCommonPassword(password)).toBe(false)
  },
)

test('a passphrase has five words of a long list, another one each time', async () => {
  const phrases = await Promise.all(Array.from({ length: 50 }, () => drawPassphrase(systemRandom)))
  expect(new Set(phrases).size).toBe(50)
  for (const phrase of phrases) {
    expect(phrase).toMatch(/^[a-z]+(?:-[a-z]+){4,9}$/)
    expect(await isCommonPassword(phrase)).toBe(false)
  }
})

test('every word can be drawn, the last as well as the first', async () => {
  const phraseOf = (number: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    return drawPassphrase({ bytes: () => bytes })
  }
  expect(await phraseOf(0)).toMatch(/^abacus-/)
  expect(await phraseOf(7775)).toMatch(/^zoom-/)
  expect(await phraseOf(7776)).toMatch(/^abacus-/)
})
