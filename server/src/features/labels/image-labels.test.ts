import { describe, expect, it } from 'vitest'

import { imageLabels, labelMediaType } from './image-labels.ts'
import { lifeOf, parseExpiresAfter } from './image-life.ts'
import { isLabelKey, isReservedKey } from './label-key.ts'

const withLabels = (Labels: unknown) => ({ config: { Labels } })

describe('the labels of an image', () => {
  it('are those of the config with the annotations over them', () => {
    const labels = imageLabels(withLabels({ a: '1', b: '2' }), { b: '3', c: '4' })
    expect(labels.map(({ key, value }) => `${key}=${value}`)).toEqual(['a=1', 'b=3', 'c=4'])
  })

  it.each([
    ['no config', undefined],
    ['a list', []],
    ['no labels', { config: {} }],
    ['labels that are none', withLabels('a')],
    ['labels that are null', withLabels(null)],
  ])('of %s are none', (_what, config) => {
    expect(imageLabels(config, {})).toEqual([])
  })

  it('leave out what no label can be', () => {
    const labels = { '': 'a', number: 5, nul: 'a\0', long: 'a'.repeat(70_000), good: '' }
    expect(imageLabels(withLabels(labels), {})).toEqual([{ key: 'good', value: '' }])
  })

  it('are bounded in number', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, 'v']))
    expect(imageLabels(withLabels(many), {})).toHaveLength(1_000)
  })
})

it.each([
  ['core', 'text/plain'],
  ['{"a":1}', 'application/json'],
  ['[1]', 'application/json'],
  ['{broken}', 'text/plain'],
  ['5', 'text/plain'],
])('the value %s is %s', (value, mediaType) => {
  expect(labelMediaType(value)).toBe(mediaType)
})

it.each([
  ['90s', 90_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['3w', 1_814_400_000],
  ['1y', 31_536_000_000],
  [' 1h ', 3_600_000],
  ['0h', undefined],
  ['1', undefined],
  ['h', undefined],
  ['1H', undefined],
  ['-1h', undefined],
  ['1h30m', undefined],
  ['999999999999999y', undefined],
])('a life of %j is %s ms', (text, ms) => {
  expect(parseExpiresAfter(text)).toBe(ms)
})

it('a tag is immutable by the word true alone', () => {
  const isImmutable = (value: string) => lifeOf([{ key: 'quay.immutable', value }]).isImmutable
  expect(['true', 'True', 'false', '1', ''].map(isImmutable)).toEqual([
    ...[true, true, false, false, false],
  ])
})

it('a key is lower case, in one piece and not reserved', () => {
  expect(['a', 'a.b-c', 'a1', 'a.', 'a--b', 'A', ''].map(isLabelKey)).toEqual([
    ...[true, true, true, false, false, false, false],
  ])
  const reserved = (key: string) => isReservedKey(key, ['mine.'])
  expect(['quay.x', 'io.k8s.x', 'mine.x', 'io.k8', 'team', 'mine'].map(reserved)).toEqual([
    ...[true, true, true, false, false, false],
  ])
})
