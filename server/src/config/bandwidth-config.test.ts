import { expect, it } from 'vitest'
import { bandwidth } from './bandwidth-config.ts'

const schema = bandwidth()

it.each([
  ['2MB/s', 2_000_000],
  ['1.5 MiB/s', 1_572_864],
  ['16Mbit/s', 2_000_000],
  ['500 kB/s', 500_000],
  ['100B/s', 100],
  ['unlimited', undefined],
])('%s is %s bytes a second', (text, bytesPerSecond) => {
  expect(schema.parse({ default: text }).all.bytesPerSecond).toBe(bytesPerSecond)
})

it('is without limit when nothing is said', () => {
  expect(schema.parse({})).toEqual({ all: { windows: [] }, hosts: new Map() })
})

it('has windows, and hosts with a rate or with windows of their own', () => {
  const found = schema.parse({
    windows: [{ from: '08:00', to: '18:00', days: ['mon', 'fri'], rate: '2MB/s' }],
    hosts: {
      'Quay.io': '1MB/s',
      'docker.io': {
        default: '3MB/s',
        windows: [{ from: '22:00', to: '24:00', rate: 'unlimited' }],
      },
    },
  })
  expect(found.all.windows).toEqual([
    { fromMinute: 480, toMinute: 1_080, days: new Set([1, 5]), bytesPerSecond: 2_000_000 },
  ])
  expect(Object.fromEntries(found.hosts)).toEqual({
    'quay.io': { windows: [], bytesPerSecond: 1_000_000 },
    'docker.io': {
      windows: [{ fromMinute: 1_320, toMinute: 1_440 }],
      bytesPerSecond: 3_000_000,
    },
  })
})

it.each([
  ['a rate without a unit', { default: '2' }, ['default']],
  ['no rate at all', { default: '0MB/s' }, ['default']],
  ['a time that is none', { windows: [{ from: '25:00', to: '8', rate: '1MB/s' }] }, ['windows', 0]],
  ['a time past the end of the day', windowUntil('24:30'), ['windows', 0, 'to']],
  ['a day that is none', windowOn('someday'), ['windows', 0, 'days', 0]],
  ['a key that it does not know', { rate: '2MB/s' }, []],
  ['a text', '2MB/s', []],
])('refuses %s, and says where', (_what, value, path) => {
  const issue = schema.safeParse(value).error?.issues[0]
  expect(issue?.path.slice(0, path.length)).toEqual(path)
})

function windowUntil(to: string) {
  return { windows: [{ from: '08:00', to, rate: '1MB/s' }] }
}

function windowOn(day: string) {
  return { windows: [{ from: '08:00', to: '09:00', days: [day], rate: '1MB/s' }] }
}
