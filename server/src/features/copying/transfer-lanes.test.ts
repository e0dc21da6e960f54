import { beforeEach, expect, test } from 'vitest'
import { createTransferLanes, lanesAtFirst, lanesAtMost } from './transfer-lanes.ts'

const source = 'upstream.example'
const never = new AbortController().signal

let now: number
let lanes: ReturnType<typeof createTransferLanes>
let inside: (() => void)[]

beforeEach(() => {
  now = 0
  lanes = createTransferLanes({ elapsed: () => now })
  inside = []
})

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function crowd(count: number) {
  for (let one = 0; one < count; one += 1) {
    void lanes.enter(source, never).then((leave) => inside.push(leave))
  }
  await settled()
}

/** As if each transfer brought `bytesPerMs`, whatever the others do. */
async function run(forMs: number, bytesPerMs: (limit: number) => number) {
  for (const end = now + forMs; now < end; now += 100) {
    lanes.received(source, bytesPerMs(lanes.limitOf(source)) * 100)
    await settled()
  }
}

test('few transfers go on at first, the others wait for their turn', async () => {
  await crowd(5)
  expect(inside).toHaveLength(lanesAtFirst)
  inside[0]?.()
  inside[0]?.()
  await settled()
  expect(inside).toHaveLength(lanesAtFirst + 1)
})

test('there are more while that brings more, up to a limit', async () => {
  await crowd(20)
  await run(20_000, (limit) => 1_000 * limit)
  expect(inside).toHaveLength(lanesAtMost)
})

test('it is left at what the link can carry', async () => {
  await crowd(20)
  await run(20_000, (limit) => 1_000 * Math.min(limit, 4))
  expect(lanes.limitOf(source)).toBeLessThanOrEqual(5)
  expect(lanes.limitOf(source)).toBeGreaterThanOrEqual(3)
})

test('trouble halves it once, and only where transfers go on', async () => {
  await crowd(20)
  await run(10_000, (limit) => 1_000 * limit)
  const before = lanes.limitOf(source)
  lanes.slowDown(source)
  expect(lanes.limitOf(source)).toBe(Math.floor(before / 2))
  expect(lanes.limitOf('other.example')).toBe(lanesAtFirst)
  lanes.slowDown(source)
  expect(lanes.limitOf(source)).toBe(Math.floor(before / 2))
  for (let times = 0; times < 5; times += 1) {
    now += 10_000
    lanes.slowDown(source)
  }
  expect(lanes.limitOf(source)).toBe(1)
  lanes.slowDown('other.example')
  expect(lanes.limitOf('other.example')).toBe(lanesAtFirst)
})

test('who gives up waiting takes no place', async () => {
  await crowd(lanesAtFirst)
  const leaving = new AbortController()
  const waiting = lanes.enter(source, leaving.signal)
  leaving.abort(new Error('gave up'))
  await expect(waiting).rejects.toThrow('gave up')
  inside[0]?.()
  await crowd(1)
  expect(inside).toHaveLength(lanesAtFirst + 1)
})
