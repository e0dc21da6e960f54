import { expect, it } from 'vitest'
import { parseDuration, timeMachineChoices } from './time-machine.ts'

it.each([
  ['0s', 0],
  ['90m', 5_400],
  ['2w', 1_209_600],
  ['2y', undefined],
  ['', undefined],
])('reads %j', (text, time) => {
  expect(parseDuration(text)).toBe(time)
})

it('offers what is set now although it is no choice of the registry', () => {
  expect(timeMachineChoices(['0s', '1w', '1d'], 86_400)).toEqual([0, 86_400, 604_800])
  expect(timeMachineChoices(['1w'], 12_345)).toEqual([12_345, 604_800])
  expect(timeMachineChoices(undefined, 60)).toEqual([60])
})
