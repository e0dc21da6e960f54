import { expect, test } from 'vitest'

import { createLoginThrottle, network } from './login-throttle.ts'

const owner = '198.51.100.7'
const attacker = '203.0.113.9'

function start() {
  let now = 1_000_000
  const throttle = createLoginThrottle({ clock: { now: () => now } })
  return {
    ...throttle,
    advance: (ms: number) => void (now += ms),
    /** Seconds to wait; 0 when the attempt may be made. */
    wait(account: string, address: string): number {
      try {
        throttle.check(account, address)
        return 0
      } catch (error) {
        return (error as { detail: { retryAfterSeconds: number } }).detail.retryAfterSeconds
      }
    },
  }
}

test.each([
  [1, 500],
  [2, 1500],
  [3, 3500],
  [4, 7500],
  [6, 31_500],
  [7, 60_000],
  [20, 60_000],
])('after %i failures the next attempt waits %i ms', (failures, ms) => {
  const throttle = start()
  for (let n = 0; n < failures; n++) throttle.failed('ada', attacker)
  expect(throttle.wait('ada', attacker)).toBe(Math.ceil(ms / 1000))
  throttle.advance(ms - 1)
  expect(throttle.wait('ada', attacker)).toBe(1)
  throttle.advance(1)
  expect(throttle.wait('ada', attacker)).toBe(0)
})

test('an attacker elsewhere does not lock the owner out, nor other accounts at the same address', () => {
  const throttle = start()
  for (let n = 0; n < 50; n++) throttle.failed('ada', attacker)
  expect(throttle.wait('ada', attacker)).toBeGreaterThan(0)
  expect(throttle.wait('ada', owner)).toBe(0)
  expect(throttle.wait('bob', attacker)).toBe(0)
})

test('another spelling of the name does not help', () => {
  const throttle = start()
  for (let n = 0; n < 5; n++) throttle.failed('ada', attacker)
  expect(throttle.wait('ADA', attacker)).toBeGreaterThan(0)
  expect(throttle.wait('ada', `::ffff:${attacker}`)).toBeGreaterThan(0)
})

test('a success clears the account, and so does time', () => {
  const throttle = start()
  for (let n = 0; n < 5; n++) throttle.failed('ada', owner)
  throttle.succeeded('ada', owner)
  expect(throttle.wait('ada', owner)).toBe(0)
  for (let n = 0; n < 5; n++) throttle.failed('ada', owner)
  throttle.advance(15 * 60_000)
  throttle.failed('ada', owner)
  expect(throttle.wait('ada', owner)).toBe(1)
})

test('one address has a budget over all accounts, which comes back with time', () => {
  const throttle = start()
  for (let n = 0; n < 100; n++) throttle.failed(`user${n}`, attacker)
  expect(throttle.wait('someone-new', attacker)).toBe(3)
  expect(throttle.wait('someone-new', owner)).toBe(0)
  throttle.advance(3000)
  expect(throttle.wait('someone-new', attacker)).toBe(0)
  throttle.failed('someone-new', attacker)
  expect(throttle.wait('someone-else', attacker)).toBe(3)
  throttle.advance(300_000)
  for (let n = 0; n < 99; n++) throttle.failed(`again${n}`, attacker)
  expect(throttle.wait('someone-else', attacker)).toBe(0)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['not an address', 'not an address'],
])('counts %s as %s', (address, expected) => {
  expect(network(address)).toBe(expected)
})
