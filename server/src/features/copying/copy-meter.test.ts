import { expect, test } from 'vitest'
import { createCopyMeter, type CopyProgress } from './copy-meter.ts'

function timedMeter() {
  let now = 0
  const reports: CopyProgress[] = []
  const meter = createCopyMeter({ elapsed: () => now, report: (one) => reports.push(one) })
  return { meter, reports, advance: (ms: number) => (now += ms) }
}

test('the rate is that of the last seconds', () => {
  const { meter, advance } = timedMeter()
  meter.expect(1, 1_000_000)
  for (let step = 0; step < 10; step += 1) {
    advance(1_000)
    meter.received(step < 5 ? 1_000 : 50_000)
  }
  expect(meter.snapshot().bytesPerSecond).toBeGreaterThan(40_000)
  expect(meter.snapshot().bytesPerSecond).toBeLessThanOrEqual(50_000)
  advance(60_000)
  expect(meter.snapshot().bytesPerSecond).toBe(0)
})

test('it tells at most four times a second', () => {
  const { meter, reports, advance } = timedMeter()
  for (let step = 0; step < 1_000; step += 1) {
    advance(1)
    meter.received(10)
  }
  expect(reports.length).toBeLessThanOrEqual(5)
  expect(reports.length).toBeGreaterThanOrEqual(3)
})

test('what did not have to be transferred is not waited for', () => {
  const { meter } = timedMeter()
  meter.tagBegun('v1')
  meter.expect(2, 300)
  meter.received(100)
  meter.blobDone(0)
  meter.blobDone(200)
  expect(meter.snapshot()).toMatchObject({
    ...{ tags: ['v1'], bytes: 100, bytesTotal: 100, blobs: 2, blobsTotal: 2 },
  })
  meter.tagEnded('v1')
  expect(meter.snapshot().tags).toEqual([])
})
