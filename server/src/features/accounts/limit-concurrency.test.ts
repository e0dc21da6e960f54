import { expect, test } from 'vitest'

import { limitConcurrency } from './limit-concurrency.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('runs so many at once, the rest in order, and refuses what is too much', async () => {
  const limited = limitConcurrency(2, 2, () => {
    throw new Error('too much')
  })
  const started: number[] = []
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<string>())
  const results = gates.map((gate, at) =>
    limited(() => {
      started.push(at)
      return gate.promise
    }),
  )
  await expect(limited(() => Promise.resolve(''))).rejects.toThrow('too much')
  expect(started).toEqual([0, 1])

  gates[1]?.reject(new Error('failed'))
  await expect(results[1]).rejects.toThrow('failed')
  await settle()
  expect(started).toEqual([0, 1, 2])
  for (const gate of gates) gate.resolve('done')
  expect(await Promise.all([results[0], results[2], results[3]])).toEqual(['done', 'done', 'done'])
  expect(started).toEqual([0, 1, 2, 3])
  expect(await limited(() => Promise.resolve('after'))).toBe('after')
})
