import { describe, expect, it } from 'vitest'
import { lineText, parsePattern, rowsInSight, type LogLine } from './log-line.ts'

const line: LogLine = {
  seq: 7,
  time: '2026-11-22T08:00:00.000Z',
  level: 'warn',
  component: 'api',
  message: 'api request',
  request_id: 'r-1',
  fields: { status: 404, path: '/a b', method: 'GET' },
}

describe('a line of the log', () => {
  it('reads as one line of text, with what needs quotes in quotes', () => {
    expect(lineText(line)).toBe(
      '2026-11-22T08:00:00.000Z WARN api: api request status=404 path="/a b" method=GET request=r-1',
    )
  })

  it('is looked for with a pattern once that is one', () => {
    expect(parsePattern('stat(us|e)')?.test('STATUS')).toBe(true)
    expect(parsePattern('(')).toBeUndefined()
  })
})

describe('the rows in sight', () => {
  it.each([
    [0, 1000, { from: 0, to: 20 }],
    [1000, 1000, { from: 40, to: 70 }],
    [19_900, 1000, { from: 985, to: 1000 }],
    [19_900, 3, { from: 3, to: 3 }],
    [0, 0, { from: 0, to: 0 }],
  ])('at %d of %d rows', (scrollTop, count, expected) => {
    expect(rowsInSight({ scrollTop, height: 200, rowHeight: 20, count })).toEqual(expected)
  })
})
