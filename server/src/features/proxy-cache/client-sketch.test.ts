import { expect, test } from 'vitest'

import {
  addClient,
  countClients,
  emptySketch,
  mergeSketches,
  readSketch,
  writeSketch,
} from './client-sketch.ts'

function sketchOf(from: number, to: number) {
  const sketch = emptySketch()
  for (let one = from; one < to; one += 1)
    addClient(sketch, `10.0.${String(one >> 8)}.${String(one & 255)}`)
  return sketch
}

test.each([
  [0, 0],
  [1, 1],
  [3, 3],
  [20, 20],
  [200, 200],
])('tells that %i clients asked', (clients, about) => {
  const counted = countClients(sketchOf(0, clients))
  expect(Math.abs(counted - about)).toBeLessThanOrEqual(about * 0.15)
})

test('counts a client once, however often it asks and wherever that is written', () => {
  const merged = mergeSketches(sketchOf(0, 10), readSketch(writeSketch(sketchOf(5, 15))))
  expect(countClients(merged)).toBe(countClients(sketchOf(0, 15)))
})

test('begins anew where what is written is no sketch', () => {
  expect(countClients(readSketch('nonsense'))).toBe(0)
})
