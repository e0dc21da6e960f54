import { describe, expect, it } from 'vitest'
import { isWhole, spread } from './setup-code.ts'

const none = ['', '', '', '']

describe('the setup code as it is typed', () => {
  it.each([
    ['ab0d-efgh-jkmn-pqrs', ['AB0D', 'EFGH', 'JKMN', 'PQRS']],
    ['abod efgh jkmn pqrs', ['AB0D', 'EFGH', 'JKMN', 'PQRS']],
    [' ＡＢＣＤ－ＥＦＧＨ－ＪＫＭＮ－ＰＱＲＳ\n', ['ABCD', 'EFGH', 'JKMN', 'PQRS']],
    ['iloOabcdefghjkmn', ['1100', 'ABCD', 'EFGH', 'JKMN']],
  ])('fills all groups with %j', (text, groups) => {
    expect(spread(none, 2, text)).toEqual(groups)
    expect(isWhole(groups)).toBe(true)
  })

  it('keeps the other groups while one is typed', () => {
    expect(spread(['AB0D', '', '', ''], 1, 'ef')).toEqual(['AB0D', 'EF', '', ''])
    expect(isWhole(['AB0D', 'EF', '', ''])).toBe(false)
  })

  it('goes on in the next group with what is too long for one', () => {
    expect(spread(['AB0D', '', '', ''], 1, 'efghj')).toEqual(['AB0D', 'EFGH', 'J', ''])
  })
})
