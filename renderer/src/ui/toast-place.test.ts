import { expect, test } from 'vitest'
import { choosePlace, type Obstacle } from './toast-place.ts'

const size = { width: 400, height: 60 }
const screen = { width: 1280, height: 900 }
const box = (left: number, top: number, width: number, height: number): Obstacle => ({
  ...{ left, top, right: left + width, bottom: top + height },
  weight: 1,
})

test('messages lie at the lower end where nothing is', () => {
  expect(choosePlace(size, screen, [])).toEqual({ left: 864, top: 824 })
})

test('beside a button at the lower end', () => {
  expect(choosePlace(size, screen, [box(1200, 840, 70, 32)])).toEqual({ left: 440, top: 824 })
})

test('above a footer that is as wide as the screen', () => {
  const { top } = choosePlace(size, screen, [box(0, 840, 1280, 60)])
  expect(top + size.height).toBeLessThanOrEqual(840)
  expect(top + size.height).toBeGreaterThan(820)
})

test('on a telephone between the rows of a list', () => {
  const rows = [0, 200, 400, 600].map((top) => box(16, top, 358, 100))
  const { left, top } = choosePlace({ width: 358, height: 60 }, { width: 390, height: 700 }, rows)
  expect(left).toBe(16)
  expect(rows.some((row) => top < row.bottom && top + 60 > row.top)).toBe(false)
})

test('they stay where they are as long as they cover nothing', () => {
  const place = { left: 16, top: 300 }
  expect(choosePlace(size, screen, [box(1200, 840, 70, 32)], place)).toEqual(place)
  expect(choosePlace(size, screen, [box(100, 320, 70, 32)], place)).not.toEqual(place)
  expect(choosePlace(size, { width: 500, height: 300 }, [], place)).toEqual({ left: 84, top: 224 })
})

test('where everything is full, what has the focus stays in sight', () => {
  const lower = { ...box(0, 450, 1280, 450), weight: 100 }
  const { top } = choosePlace(size, screen, [box(0, 0, 1280, 450), lower])
  expect(top + size.height).toBeLessThan(450)
})
