import { describe, expect, it } from 'vitest'
import { isProblem } from '../problem.ts'
import { parseByteRange, parseContentRange } from './byte-range.ts'

describe('a Range header over 100 bytes', () => {
  it.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-500', { start: 0, end: 99 }],
    ['bytes=50-5000', { start: 50, end: 99 }],
    ['bytes=99-99', { start: 99, end: 99 }],
  ])('%s is one range', (header, expected) => {
    expect(parseByteRange(header, 100)).toEqual(expected)
  })

  it.each([undefined, '', 'bytes=-', 'bytes=a-b', 'items=0-1', 'bytes=0-1,5-6', 'bytes 0-1'])(
    '%s means the whole',
    (header) => {
      expect(parseByteRange(header, 100)).toBeUndefined()
    },
  )

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=50-0', 'bytes=-0'])(
    '%s cannot be satisfied',
    (header) => {
      expect(() => parseByteRange(header, 100)).toThrow(
        expect.toSatisfy((error) => isProblem(error, 'range-not-satisfiable')),
      )
    },
  )

  it('finds no byte in an empty blob', () => {
    expect(() => parseByteRange('bytes=0-0', 0)).toThrow('range-not-satisfiable')
    expect(() => parseByteRange('bytes=-1', 0)).toThrow('range-not-satisfiable')
  })
})

describe('the Content-Range of a chunk', () => {
  it.each([
    [undefined, undefined],
    ['0-99', { start: 0, end: 99 }],
    ['bytes 100-199/*', { start: 100, end: 199 }],
    ['bytes=5-5', { start: 5, end: 5 }],
  ])('%s', (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected)
  })

  it.each(['', '5', '9-5', 'x-y', '-5', '0-', '0-99999999999999999999'])('refuses %s', (header) => {
    expect(() => parseContentRange(header)).toThrow('range-invalid')
  })
})
