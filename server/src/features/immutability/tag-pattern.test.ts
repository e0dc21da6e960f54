import { describe, expect, it } from 'vitest'

import { Problem } from '../../problem.ts'
import { createPatternMatcher } from './pattern-matcher.ts'
import { compileTagPattern, requireTagPattern } from './tag-pattern.ts'

describe('a pattern', () => {
  it.each([
    [String.raw`v\d+`, 'v12', true],
    [String.raw`v\d+`, 'v12-rc', false],
    [String.raw`v\d+`, 'av1', false],
    ['a|b', 'ab', false],
    ['a|b', 'b', true],
    [String.raw`v1\-rc`, 'v1-rc', true],
    [String.raw`[\w\-]+`, 'a-b', true],
    [String.raw`v1\.0`, 'v1x0', false],
    ['(?!latest).*', 'latest', false],
    ['(?!latest).*', 'v1', true],
    ['(?i:MAIN)', 'main', true],
  ])('%s means the whole name: %s is %s', (pattern, name, matches) => {
    expect(compileTagPattern(pattern).test(name)).toBe(matches)
  })

  it.each(['(', '*', '[', 'a)|(b', '\\', '(?P<name>a)', String.raw`\Z`])('is not %s', (pattern) => {
    expect(() => requireTagPattern(pattern)).toThrow(Problem)
  })
})

describe('matching', () => {
  it('gives up on what takes too long, and goes on with the next', async () => {
    const matcher = createPatternMatcher({ limitMs: 300 })
    const slow = '(?:[a-z]+[a-z]*)+(?:[a-z]+)+X'
    const long = 'a'.repeat(100)
    const verdicts = await Promise.all([
      matcher.match('v.*', 'v1'),
      matcher.match(slow, long),
      matcher.match('v.*', 'w1'),
      matcher.match('v.*', 'v2'),
    ])
    expect(verdicts).toEqual([true, undefined, false, true])
    const started = performance.now()
    expect(await matcher.match(slow, long)).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(250)
  })

  it('is no match when the pattern is too large to be compiled', async () => {
    const matcher = createPatternMatcher()
    expect(await matcher.match('(?:(?:a{1000}){1000}){1000}', 'a')).not.toBe(true)
    expect(await matcher.match('a', 'a')).toBe(true)
  })
})
