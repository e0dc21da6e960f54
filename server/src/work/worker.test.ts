import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'

import { createLogger } from '../platform/logger.ts'
import { Worker, type Step, type WorkerTurn } from './worker.ts'

const log = createLogger('silent')
const never = 3_600_000

function worker(step: Step) {
  const made = new Worker({ name: 'test', step, everyMs: never, log })
  const turns: WorkerTurn['kind'][] = []
  made.observe(({ kind }) => turns.push(kind))
  return { made, turns }
}

test('takes another turn when it is woken, also when that happens during one', async () => {
  let count = 0
  const { promise: enough, resolve } = Promise.withResolvers<undefined>()
  const { made } = worker(() => {
    count++
    if (count < 3) made.wake()
    else resolve(undefined)
    return Promise.resolve('idle')
  })
  made.start()
  await enough
  await made[Symbol.asyncDispose]()
  expect(count).toBe(3)
})

test('waits for as long as it is told to, however long that is', async () => {
  let count = 0
  const made = new Worker({
    ...{ name: 'test', everyMs: 3_000_000_000, log },
    step: () => {
      count++
      return Promise.resolve('idle')
    },
  })
  made.start()
  // Longer than what Node makes of a time that is too long for it.
  await delay(10)
  await made[Symbol.asyncDispose]()
  expect(count).toBe(1)
})

test('tells of its turns and of a failure', async () => {
  const { promise: failed, resolve } = Promise.withResolvers<undefined>()
  const { made, turns } = worker(() => {
    resolve(undefined)
    return Promise.reject(new Error('no'))
  })
  made.start()
  await failed
  await made[Symbol.asyncDispose]()
  expect(turns).toEqual(['started', 'failed'])
})

test('ends the batch under way when it is paused, and begins no other until it goes on', async () => {
  const begun: AbortSignal[] = []
  const started = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  let rests = 0
  const rested = Promise.withResolvers<undefined>()
  const made = new Worker({
    ...{ name: 'test', everyMs: never, log, pausing: 'at-once' },
    step: async (stopping = AbortSignal.abort()) => {
      begun.push(stopping)
      started[begun.length - 1]?.resolve(undefined)
      if (!stopping.aborted) {
        await new Promise((resolve) => {
          stopping.addEventListener('abort', resolve)
        })
      }
      return 'more'
    },
    stopped: () => {
      rests++
      rested.resolve(undefined)
      return Promise.resolve()
    },
  })
  made.start()
  await started[0]?.promise
  made.pause()
  made.wake()
  await rested.promise
  expect(begun).toHaveLength(1)
  expect(begun[0]?.aborted).toBe(true)
  made.resume()
  await started[1]?.promise
  expect(begun[1]?.aborted).toBe(false)
  await made[Symbol.asyncDispose]()
  expect(begun).toHaveLength(2)
  expect(rests).toBe(2)
})

test('lets a batch finish that is not to be broken off, and one that nobody may pause go on', async () => {
  const gate = Promise.withResolvers<'more'>()
  const started = Promise.withResolvers<AbortSignal>()
  let count = 0
  const made = new Worker({
    ...{ name: 'test', everyMs: never, log, pausing: 'after-batch' },
    step: (stopping = AbortSignal.abort()) => {
      count++
      started.resolve(stopping)
      return gate.promise
    },
  })
  made.start()
  const signal = await started.promise
  made.pause()
  expect(signal.aborted).toBe(false)
  gate.resolve('more')
  await made[Symbol.asyncDispose]()
  expect(count).toBe(1)

  const { made: always } = worker(() => Promise.resolve('idle'))
  always.pause()
  expect(always.isPaused).toBe(false)
})
