import * as library from '@node-rs/argon2'
import { expect, test } from 'vitest'

import { systemRandom } from '../../platform/random.ts'
import { createPasswords } from './password.ts'

/** With the real argon2, counted. */
function start() {
  let now = 0
  const verified: string[] = []
  const passwords = createPasswords({
    clock: { now: () => now },
    random: systemRandom,
    argon2: {
      hash: library.hash,
      verify: (hashed, password) => {
        verified.push(String(hashed))
        return library.verify(hashed, password)
      },
    },
  })
  const account = async (username: string, password: string) => ({
    username,
    password_hash: await passwords.hash(password),
  })
  return { passwords, account, verified, advance: (ms: number) => void (now += ms) }
}

const atDocumentedCost = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/

test('hashes with argon2id at the documented cost, with a salt of its own each time', async () => {
  const { passwords } = start()
  const one = await passwords.hash('correct-horse')
  expect(one).toMatch(atDocumentedCost)
  expect(await passwords.hash('correct-horse')).not.toBe(one)
})

test('knows the right password from a wrong one', async () => {
  const { passwords, account } = start()
  const ada = await account('ada', 'correct-horse')
  expect(await passwords.verify(ada, 'correct-horse')).toBe(true)
  expect(await passwords.verify(ada, 'correct-horsf')).toBe(false)
  expect(await passwords.verify(ada, '')).toBe(false)
  expect(await passwords.verify({ username: 'ada', password_hash: null }, '')).toBe(false)
})

test('remembers a success for five minutes', async () => {
  const { passwords, account, verified, advance } = start()
  const ada = await account('ada', 'correct-horse')
  for (let n = 0; n < 10; n++) expect(await passwords.verify(ada, 'correct-horse')).toBe(true)
  expect(verified).toHaveLength(1)
  advance(5 * 60_000 - 1)
  await passwords.verify(ada, 'correct-horse')
  expect(verified).toHaveLength(1)
  advance(1)
  await passwords.verify(ada, 'correct-horse')
  expect(verified).toHaveLength(2)
})

test('remembers it for this password of this account only, and no failure', async () => {
  const { passwords, account, verified } = start()
  const ada = await account('ada', 'correct-horse')
  await passwords.verify(ada, 'correct-horse')
  expect(await passwords.verify(ada, 'wrong-horse')).toBe(false)
  expect(await passwords.verify(ada, 'wrong-horse')).toBe(false)
  expect(verified).toHaveLength(3)
  expect(await passwords.verify({ ...ada, username: 'bob' }, 'correct-horse')).toBe(true)
  expect(verified).toHaveLength(4)
  const changed = await account('ada', 'another-horse')
  expect(await passwords.verify(changed, 'correct-horse')).toBe(false)
  expect(verified).toHaveLength(5)
})

test('many who log in at the same time share one verification', async () => {
  const { passwords, account, verified } = start()
  const ada = await account('ada', 'correct-horse')
  const all = await Promise.all(
    Array.from({ length: 50 }, () => passwords.verify(ada, 'correct-horse')),
  )
  expect(all.every(Boolean)).toBe(true)
  expect(verified).toHaveLength(1)
})

test('does the same work for somebody who does not exist', async () => {
  const { passwords, verified } = start()
  expect(await passwords.verify(undefined, 'correct-horse')).toBe(false)
  expect(await passwords.verify(undefined, 'correct-horse')).toBe(false)
  expect(verified).toHaveLength(2)
  expect(verified[0]).toMatch(atDocumentedCost)
})
