import { describe, expect, it } from 'vitest'

import { compileGlob } from './tag-glob.ts'

describe('a tag pattern', () => {
  it.each([
    ['v3*', ['v32', 'v3.1', 'v3.2', 'v3.2-4beta', 'v3.3'], ['v2', 'xv3']],
    ['v3.*', ['v3.1', 'v3.2', 'v3.2-4beta', 'v3.3'], ['v32']],
    ['v3.?', ['v3.1', 'v3.2', 'v3.3'], ['v3.', 'v3.10']],
    ['v3.[12]', ['v3.1', 'v3.2'], ['v3.3', 'v3.12']],
    ['v3.[12]*', ['v3.1', 'v3.2', 'v3.2-4beta'], ['v3.3']],
    ['v3.[!1]*', ['v3.2', 'v3.2-4beta', 'v3.3'], ['v3.1']],
    ['[a-c]x', ['ax', 'bx'], ['dx', '-x']],
    ['[a-]x', ['ax', '-x'], ['bx']],
    ['[]a]', [']', 'a'], ['b']],
    ['[!]a]', ['b'], [']', 'a']],
    ['[ab', ['[ab'], ['a']],
    ['*', ['', 'latest'], []],
    ['a.c', ['a.c'], ['abc']],
    ['Latest', ['Latest'], ['latest']],
    ['*-*-rc?', ['a-b-rc1', 'a-b-c-rc1'], ['a-rc1']],
  ])('%s', (pattern, matching, others) => {
    const matches = compileGlob(pattern)
    expect(matching.filter((tag) => !matches(tag))).toEqual([])
    expect(others.filter(matches)).toEqual([])
  })

  it('costs little, whatever it is', () => {
    const matches = compileGlob('*a'.repeat(500))
    expect(matches('a'.repeat(128) + 'b')).toBe(false)
  })
})
