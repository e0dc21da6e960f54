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
