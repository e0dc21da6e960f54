import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'

import { LRUCache } from 'lru-cache'

import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'

export type LoginThrottle = ReturnType<typeof createLoginThrottle>

interface Failures {
  count: number
  last: Instant
}

const longestWaitMs = 60_000
const minuteMs = 60_000
const forgetAfterMs = 15 * 60_000
const trackedAtMost = 20_000

/** Failures that one address may cause over all accounts, and how soon one is forgiven. */
const addressBudget = 100
const forgiveOneMs = 3_000

/**
 * Slows guessing down without locking anybody out: failures count per account AND address, so an
 * attacker elsewhere costs the owner nothing, and per address over all accounts, so going through
 * many names does not help either. The decision comes before the password is looked at: a right guess
 * is refused like a wrong one.
 */
export function createLoginThrottle({ clock }: { clock: Clock }) {
  const byAccount = new LRUCache<string, Failures>({ max: trackedAtMost })
  const byAddress = new LRUCache<string, Failures>({ max: trackedAtMost })
  /** Failures of everybody, by the minute. */
  const minutes = new Map<number, number>()

  const recent = (failures: Failures | undefined) =>
    failures && clock.now() - failures.last < forgetAfterMs ? failures : undefined

  /** A leaky bucket: what is left of the failures after the time since the last one. */
  const leftOf = ({ count, last }: Failures) =>
    Math.max(0, count - (clock.now() - last) / forgiveOneMs)

  function forgetMinutes(): void {
    const oldest = Math.floor((clock.now() - forgetAfterMs) / minuteMs)
    for (const minute of minutes.keys()) if (minute < oldest) minutes.delete(minute)
  }

  return {
    /** @throws Problem `login-throttled` with `retryAfterSeconds` */
    check(account: string, address: string): void {
      const failures = recent(byAccount.get(keyOf(account, address)))
      const accountWait = failures ? failures.last + waitMs(failures.count) - clock.now() : 0
      const spent = byAddress.get(network(address))
      const addressWait = spent ? (leftOf(spent) + 1 - addressBudget) * forgiveOneMs : 0
      const wait = Math.max(accountWait, addressWait)
      if (wait > 0) {
        throw new Problem('login-throttled', { retryAfterSeconds: Math.ceil(wait / 1000) })
      }
    },

    failed(account: string, address: string): void {
      const key = keyOf(account, address)
      const last = clock.now()
      const minute = Math.floor(last / minuteMs)
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
      forgetMinutes()
      byAccount.set(key, { count: (recent(byAccount.get(key))?.count ?? 0) + 1, last })
      const spent = byAddress.get(network(address))
      byAddress.set(network(address), { count: (spent ? leftOf(spent) : 0) + 1, last })
    },

    /** Of everybody, within a quarter of an hour. */
    recentFailures(): number {
      forgetMinutes()
      return [...minutes.values()].reduce((sum, count) => sum + count, 0)
    },

    succeeded(account: string, address: string): void {
      byAccount.delete(keyOf(account, address))
    },
  }
}

/** 0.5 s, 1.5 s, 3.5 s, 7.5 s … (engines, 15.4), up to a minute. */
function waitMs(failures: number): number {
  return Math.min((5 * (2 ** failures - 1) * 1000) / 10, longestWaitMs)
}

/** A digest, because the name is whatever a stranger sent, of any length. */
function keyOf(account: string, address: string): string {
  return createHash('sha256')
    .update(`${network(address)} ${account.toLowerCase()}`)
    .digest('base64')
}

/** Whoever has one IPv6 address has the other 2⁶⁴ of its network. */
export function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = (plain.split('%')[0] ?? plain).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array.from({ length: Math.max(0, gap) }, () => '0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
