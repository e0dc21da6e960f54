import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Idle } from './idle.svelte.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('falls asleep when nobody is there, wakes at a touch, and ends the session in the end', () => {
  const idle = new Idle({ sleepMs: 100, endMs: 250 })
  const target = new EventTarget()
  const ended = vi.fn()
  const stop = idle.start(ended, target)
  vi.advanceTimersByTime(99)
  expect(idle.isAsleep).toBe(false)
  vi.advanceTimersByTime(1)
  expect(idle.isAsleep).toBe(true)
  target.dispatchEvent(new Event('pointerdown'))
  expect(idle.isAsleep).toBe(false)
  vi.advanceTimersByTime(249)
  expect(ended).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(ended).toHaveBeenCalledOnce()
  stop()
  target.dispatchEvent(new Event('pointerdown'))
  expect(vi.getTimerCount()).toBe(0)
})
