import { expect, test } from 'vitest'
import {
  judge,
  ratioAtLeast,
  ratioAtMost,
  renderTable,
  valueAtMost,
  type Finding,
} from './table.ts'

const finding = (values: Partial<Finding>): Finding => ({
  work: 'push',
  unit: 'GB/s',
  mooring: 1,
  goal: ratioAtLeast(2),
  ...values,
})

test.each([
  ['a ratio on its limit', { mooring: 2, other: 1 }, true],
  ['a ratio below its limit', { mooring: 1.9, other: 1 }, false],
  ['a growth within its limit', { mooring: 1.3, other: 1, goal: ratioAtMost(1.3) }, true],
  ['a growth above its limit', { mooring: 1.4, other: 1, goal: ratioAtMost(1.3) }, false],
  ['a value within its limit', { mooring: 140, goal: valueAtMost(150) }, true],
  ['a value above its limit', { mooring: 160, other: 20, goal: valueAtMost(150) }, false],
  ['a ratio that has no other side', {}, false],
])('judges %s', (_, values, reached) => {
  expect(judge(finding(values)).reached).toBe(reached)
})

test('prints one line for each finding, with its ratio and verdict', () => {
  const text = renderTable([
    finding({ work: 'push 1 GiB', mooring: 1.256, other: 0.5 }),
    finding({ work: 'idle', unit: 'MB', mooring: 171, goal: valueAtMost(150) }),
  ])
  const [header, , push, idle] = text.split('\n').map((line) => line.trim().split(/ {2,}/))
  expect(header).toEqual(['work', 'Mooring', 'Distribution', 'ratio', 'goal'])
  expect(push).toEqual(['push 1 GiB', '1.26 GB/s', '0.50 GB/s', '2.51×', '≥ 2.0×', 'ok'])
  expect(idle).toEqual(['idle', '171 MB', '≤ 150 MB', 'below'])
})
