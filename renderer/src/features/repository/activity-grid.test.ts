import { expect, it } from 'vitest'
import { activityGrid } from './activity-grid.ts'

it('lays days out as weeks that begin on Monday', () => {
  const days = [
    { date: '2026-11-22', count: 3 },
    { date: '2026-11-23', count: 1 },
    { date: '2026-11-12', count: 2 },
  ]
  const grid = activityGrid(days, 'en-GB')
  expect(grid.weekdays).toEqual(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])
  expect(grid.weeks).toEqual(['9 Nov', '16 Nov', '23 Nov'])
  expect(grid.counts[0]).toEqual([0, 0, 1])
  expect(grid.counts[3]).toEqual([2, 0, 0])
  expect(grid.counts[6]).toEqual([0, 3, 0])
  expect(grid.total).toBe(6)
})

it('has no weeks without days', () => {
  expect(activityGrid([], 'ja').weeks).toEqual([])
})
