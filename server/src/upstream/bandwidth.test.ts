import { expect, it } from 'vitest'
import type { BandwidthConfig, BandwidthSchedule } from '../config/config.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import { createBandwidth } from './bandwidth.ts'
import { rateAt } from './bandwidth-schedule.ts'

const clock = { now: () => new Date('2026-11-23T12:00:00').getTime() }
const signal = AbortSignal.timeout(20_000)
const pieceBytes = 16 * 1024

const of = (bytesPerSecond?: number, hosts: Record<string, number> = {}): BandwidthConfig => ({
  all: scheduleOf(bytesPerSecond),
  hosts: new Map(Object.entries(hosts).map(([host, rate]) => [host, scheduleOf(rate)])),
})

function scheduleOf(bytesPerSecond: number | undefined): BandwidthSchedule {
  return { windows: [], ...(bytesPerSecond !== undefined && { bytesPerSecond }) }
}

/** How long it takes to be given so many bytes. */
async function timeFor(
  bandwidth: ReturnType<typeof createBandwidth>,
  host: string,
  bytes: number,
): Promise<number> {
  const elapsed = startStopwatch()
  for (let taken = 0; taken < bytes; taken += pieceBytes) {
    await bandwidth.take(host, pieceBytes, signal)
  }
  return elapsed()
}

const create = (config: BandwidthConfig, elapsed = startStopwatch()) =>
  createBandwidth({ config, clock, elapsed })

it('lets everything pass where nothing is limited', async () => {
  expect(await timeFor(create(of()), 'a', 100_000_000)).toBeLessThan(5_000)
})

it('shares one rate among all who take', async () => {
  const bandwidth = create(of(4_000_000))
  const elapsed = startStopwatch()
  await Promise.all(['a', 'b'].map((host) => timeFor(bandwidth, host, 1_000_000)))
  expect(elapsed()).toBeGreaterThan(470)
  expect(elapsed()).toBeLessThan(5_000)
})

it('holds a host to its own rate, by whatever name it is called, and others not', async () => {
  const bandwidth = create(of(undefined, { 'docker.io': 2_000_000 }))
  const [limited, free] = await Promise.all([
    timeFor(bandwidth, 'registry-1.docker.io', 500_000),
    timeFor(bandwidth, 'quay.io', 50_000_000),
  ])
  expect(limited).toBeGreaterThan(220)
  // At the other's rate this would take 25 s.
  expect(free).toBeLessThan(10_000)
})

it('gives those who wait a new rate at once', async () => {
  const bandwidth = create(of(100))
  const work = timeFor(bandwidth, 'a', 200_000)
  bandwidth.change(of())
  expect(await work).toBeLessThan(5_000)
})

it('lets go of those who leave, and not of those behind them', async () => {
  const bandwidth = create(of(100))
  await bandwidth.take('a', 1, signal)
  const stop = new AbortController()
  const first = bandwidth.take('a', 1_000_000, stop.signal)
  const second = bandwidth.take('a', 1, stop.signal)
  const third = bandwidth.take('a', 1, signal)
  const reason = new Error('enough')
  stop.abort(reason)
  await Promise.all([first, second].map((one) => expect(one).rejects.toBe(reason)))
  await third
})

it('keeps its mean over a minute within five in a hundred, whatever the pieces', async () => {
  // Time passes when somebody waits: real timers would need the minute.
  let now = 0
  const rate = 2_000_000
  const bandwidth = create(of(rate), () => now)
  let given = 0
  const stop = new AbortController()
  const reader = (async () => {
    while (!stop.signal.aborted) {
      await bandwidth.take('a', 65_536, signal)
      given += 65_536
    }
  })()
  while (now < 60_000) {
    now += 7
    bandwidth.change(of(rate))
    await new Promise((resolve) => setImmediate(resolve))
  }
  stop.abort()
  bandwidth.change(of())
  await reader
  expect(given / 60 / rate).toBeGreaterThan(0.95)
  expect(given / 60 / rate).toBeLessThan(1.05)
})

it.each([
  ['2026-11-23T08:00:00', 2],
  ['2026-11-23T17:59:00', 2],
  ['2026-11-23T18:00:00', undefined],
  ['2026-11-22T12:00:00', undefined],
  ['2026-11-27T23:00:00', 9],
  ['2026-11-28T05:59:00', 9],
  ['2026-11-28T06:00:00', undefined],
  ['2026-11-28T23:00:00', undefined],
])('at %s the rate is %s', (local, rate) => {
  const schedule = {
    windows: [
      { fromMinute: 480, toMinute: 1080, days: new Set([1, 2, 3, 4, 5]), bytesPerSecond: 2 },
      { fromMinute: 1320, toMinute: 360, days: new Set([5]), bytesPerSecond: 9 },
    ],
  }
  expect(rateAt(schedule, new Date(local).getTime())).toBe(rate)
})

it('is without limit in a window that says so', () => {
  const night = { fromMinute: 0, toMinute: 1440 }
  expect(rateAt({ bytesPerSecond: 5, windows: [night] }, clock.now())).toBeUndefined()
})
