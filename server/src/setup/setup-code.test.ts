import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import { systemRandom } from '../platform/random.ts'
import { normalizeCode } from '../platform/readable-code.ts'
import { createCodeDesk, currentSetupCode, drawSetupCode, readSetupCode } from './setup-code.ts'
import { SetupError } from './setup-codes.ts'
import { createSetupSessions } from './setup-session.ts'

let folder: TemporaryFolder
let now = 0
const clock = { now: () => now }
const place = () => ({ dataDir: folder.path, clock, random: systemRandom })

beforeEach(() => {
  folder = createTemporaryFolder('setup-code')
  now = 1_800_000_000_000
})
afterEach(() => folder.remove())

async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<string | undefined> {
  try {
    await (typeof work === 'function' ? work() : work)
    return undefined
  } catch (error) {
    return error instanceof SetupError ? error.code : String(error)
  }
}

test('is 80 bits in four groups, and the same until it is too old', async () => {
  const { code } = await currentSetupCode(place())
  expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
  now += 24 * 3_600_000 - 1
  expect((await currentSetupCode(place())).code).toBe(code)
  now += 1
  expect((await currentSetupCode(place())).code).not.toBe(code)
})

test.each([
  ['abcd-efgh-jkmn-pqrs', 'ABCDEFGHJKMNPQRS'],
  [' ABCD EFGH JKMN PQRS ', 'ABCDEFGHJKMNPQRS'],
  ['oO0iIlL1', '00011111'],
  ['ＡＢＣＤ－１２３４', 'ABCD1234'],
])('reads %j as it was meant', (typed, meant) => {
  expect(normalizeCode(typed)).toBe(meant)
})

test('after five wrong tries everybody waits, twice as long after each further one', async () => {
  const { code } = await drawSetupCode(place())
  const desk = createCodeDesk(place())
  for (let tries = 0; tries < 5; tries++) {
    expect(await codeOf(desk.require('AAAA-AAAA-AAAA-AAAA'))).toBe('MOOR-SET-001')
  }
  expect(await codeOf(desk.require(code))).toBe('MOOR-SET-003')
  now += 60_000
  expect(await codeOf(desk.require('wrong'))).toBe('MOOR-SET-001')
  now += 119_999
  expect(await codeOf(desk.require(code))).toBe('MOOR-SET-003')
  now += 1
  expect(await codeOf(desk.require(code))).toBeUndefined()
  expect(await codeOf(desk.require('wrong'))).toBe('MOOR-SET-001')
})

test('tries side by side are counted one by one', async () => {
  await drawSetupCode(place())
  const desk = createCodeDesk(place())
  const codes = await Promise.all(
    Array.from({ length: 20 }, () => codeOf(desk.require('AAAA-AAAA-AAAA-AAAA'))),
  )
  expect(codes.filter((code) => code === 'MOOR-SET-001')).toHaveLength(5)
})

test('one that is too old is told from a wrong one, and a new one is taken at once', async () => {
  const { code } = await drawSetupCode(place())
  const desk = createCodeDesk(place())
  now += 25 * 3_600_000
  expect(await codeOf(desk.require(code))).toBe('MOOR-SET-002')
  const fresh = await drawSetupCode(place())
  expect(await codeOf(desk.require(fresh.code))).toBeUndefined()
  expect(await readSetupCode(place())).toEqual(fresh)
})

test('a session ends after an hour without a request, and only then', async () => {
  const sessions = createSetupSessions({ clock, random: systemRandom })
  const token = sessions.open({ token: undefined, takeOver: false })
  now += 59 * 60_000
  sessions.require(token)
  now += 59 * 60_000
  sessions.require(token)
  now += 60 * 60_000
  expect(
    await codeOf(() => {
      sessions.require(token)
    }),
  ).toBe('MOOR-SET-005')
  expect(sessions.open({ token: undefined, takeOver: false })).not.toBe(token)
})
