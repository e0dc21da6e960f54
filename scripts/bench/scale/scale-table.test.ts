import { describe, expect, it } from 'vitest'

import { entriesOf, isGood, renderScale, type Measured } from './scale-table.ts'

const one = (facts: Partial<Measured>): Measured => ({
  ...{ name: 'listRepos', entries: 100, medianMs: 10, cpuMs: 10 },
  ...facts,
})

describe('the judgement of the scale bench', () => {
  it.each([
    ['is good when it costs the same', one({}), true],
    ['is bad above the limit', one({ medianMs: 51 }), false],
    ['is bad when the same answer costs more', one({ cpuMs: 25 }), false],
    ['is good when the answer is longer by as much', one({ cpuMs: 45, entries: 400 }), true],
    ['is bad when it grew more than the answer', one({ cpuMs: 45, entries: 200 }), false],
  ])('%s', (_, large, good) => {
    expect(isGood([one({})], [large], 50)).toBe(good)
  })

  it('stands in the table', () => {
    const small = [one({}), one({ name: 'b' }), one({ name: 'c' })]
    const large = [one({}), one({ name: 'b', medianMs: 60 }), one({ name: 'c', cpuMs: 40 })]
    expect(renderScale(small, large, 50)).toMatch(/ listRepos\n.*slow +b\n.*grows c\n/)
  })

  it('counts what an answer lists', () => {
    const avatar = { name: 'ada', kind: 'user' }
    expect(entriesOf({ members: [{ name: 'ada', avatar, repositories: ['a', 'b'] }] })).toBe(4)
    expect(entriesOf({ teams: { dev: { name: 'dev' }, ops: { name: 'ops' } }, name: 'x' })).toBe(2)
    expect(entriesOf({ results: [], page: 1 })).toBe(0)
  })
})
