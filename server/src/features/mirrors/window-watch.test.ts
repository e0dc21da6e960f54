import { expect, it } from 'vitest'

import { RunEnded } from './mirror-claim-keeper.ts'
import { watchWindow } from './window-watch.ts'

const morning = new Date(2026, 2, 2, 6).getTime()
const night = [{ fromMinute: 22 * 60, toMinute: 6 * 60 }]
const watch = async (now: number, windows = night) => {
  const controller = new AbortController()
  const { signal } = controller
  const unwatch = watchWindow({ windows, clock: { now: () => now }, controller })
  const { promise, resolve } = Promise.withResolvers<unknown>()
  signal.addEventListener('abort', () => {
    resolve(signal.reason)
  })
  const late = setTimeout(() => {
    resolve('goes on')
  }, 60)
  const outcome = await promise
  clearTimeout(late)
  unwatch()
  return outcome
}

it('ends what runs when its window closes, and what begins outside of it at once', async () => {
  expect(await watch(morning - 20)).toMatchObject({ why: 'window' } satisfies Partial<RunEnded>)
  expect(await watch(morning + 1_000)).toBeInstanceOf(RunEnded)
  expect(await watch(morning - 3_600_000)).toBe('goes on')
  expect(await watch(morning, [])).toBe('goes on')
})
