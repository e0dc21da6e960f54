import { expect, it } from 'vitest'

import { createSpeedometer } from './write-speed.ts'

const megabyte = 1_000_000

it('tells how fast was written, whatever was read back in between', () => {
  let now = 0
  const speed = createSpeedometer(() => now)
  const reach = (phase: string, atMs: number, megabytes: number) => {
    now = atMs
    speed.reach(phase, megabytes * megabyte)
  }
  reach('reading', 0, 0)
  reach('writing', 1_000, 100)
  reach('writing', 2_000, 110)
  expect(speed.bytesPerSecond()).toBeUndefined()
  reach('verifying', 50_000, 10)
  reach('writing', 90_000, 110)
  reach('writing', 91_000, 130)
  expect(speed.bytesPerSecond()).toBe(15 * megabyte)
})
