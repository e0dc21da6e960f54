import { createHmac } from 'node:crypto'

import * as library from '@node-rs/argon2'
import { LRUCache } from 'lru-cache'

import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { limitConcurrency } from './limit-concurrency.ts'

export interface PasswordAccount {
  readonly username: string
  readonly password_hash: string | null
}

export type Passwords = ReturnType<typeof createPasswords>

/** OWASP's profile of argon2id, which is the library's default algorithm: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }
const rememberMs = 5 * 60_000
const remembered = 10_000
/** Half of libuv's threads: hashing must not keep the disk waiting. */
const atOnce = 2
const waitingAtMost = 500

/**
 * Hashes and verifies passwords.
 *
 * A registry client sends its password with every token request, so a verification that succeeded is
 * remembered for a few minutes, and those that run are shared. What is kept is an HMAC, under a key
 * that lives as long as the process, over the name, the password and the stored hash: it tells
 * nothing about the password, and a changed password is void at once.
 */
export function createPasswords({
  clock,
  random,
  argon2 = library,
}: {
  clock: Clock
  random: Random
  argon2?: Pick<typeof library, 'hash' | 'verify'>
}) {
  const key = random.bytes(32)
  const verified = new LRUCache<string, number>({ max: remembered })
  const running = new Map<string, Promise<boolean>>()
  const limited = limitConcurrency(atOnce, waitingAtMost, () => {
    throw new Problem('login-throttled', { retryAfterSeconds: 1 })
  })
  const hashPassword = (password: string) => limited(() => argon2.hash(password, cost))

  /** Verified against when there is no account, so that its absence does not show in the time taken. */
  let decoy: Promise<string> | undefined
  const decoyHash = () => (decoy ??= hashPassword(random.bytes(16).toString('base64url')))

  const fingerprint = (username: string, password: string, passwordHash: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([username, password, passwordHash]))
      .digest('base64')

  async function verifyKnown(username: string, password: string, passwordHash: string) {
    const print = fingerprint(username, password, passwordHash)
    const until = verified.get(print)
    if (until !== undefined && clock.now() < until) return true
    const shared = running.get(print)
    if (shared) return shared
    const verification = limited(() => argon2.verify(passwordHash, password)).finally(() =>
      running.delete(print),
    )
    running.set(print, verification)
    const right = await verification
    if (right) verified.set(print, clock.now() + rememberMs)
    return right
  }

  return {
    hash: hashPassword,

    /** False when the account does not exist or has no password. */
    async verify(account: PasswordAccount | undefined, password: string): Promise<boolean> {
      if (account?.password_hash) {
        return verifyKnown(account.username, password, account.password_hash)
      }
      const passwordHash = await decoyHash()
      await limited(() => argon2.verify(passwordHash, password))
      return false
    },
  }
}
