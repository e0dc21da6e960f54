import { expect, it } from 'vitest'

import { isMoment, isWindow, keysIn } from './mirror-times.ts'

it('knows times and windows', () => {
  expect(['02:00', '2:00', 'mon-fri@02:00', 'sat+sun@12:30', '24:30', '2'].map(isMoment)).toEqual([
    ...[true, true, true, true, true, false],
  ])
  expect(['22:00-06:00', 'sat+mon-tue@0:00-24:00', '22:00', 'x@1:00-2:00'].map(isWindow)).toEqual([
    ...[true, true, false, false],
  ])
})

it('finds each key of a text', () => {
  const key = (text: string) => `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`
  expect(keysIn(`# ours\n${key('abc')}\n${key('d+e/f=')}`)).toEqual([key('abc'), key('d+e/f=')])
  expect(keysIn('abc')).toEqual([])
})
