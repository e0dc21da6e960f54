import { describe, expect, it } from 'vitest'
import { isProblem } from '../problem.ts'
import { parseJson } from './parse-json.ts'

describe('the JSON of a request', () => {
  it('is read as it was sent', () => {
    expect(parseJson(Buffer.from('{"a":[1,null,"ä"]}'))).toEqual({ a: [1, null, 'ä'] })
    const nested = `${'['.repeat(100)}${']'.repeat(100)}`
    expect(JSON.stringify(parseJson(Buffer.from(nested)))).toBe(nested)
  })

  it.each([
    ['not JSON', Buffer.from('{')],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['too deep', Buffer.from(`${'['.repeat(101)}${']'.repeat(101)}`)],
    ['far too deep', Buffer.from(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)],
    ['a value with the character 0', Buffer.from(String.raw`{"a":["b\u0000"]}`)],
    ['a name with the character 0', Buffer.from(String.raw`{"a\u0000":1}`)],
  ])('is refused when it is %s', (_what, bytes) => {
    const refused = (() => {
      try {
        parseJson(bytes)
        return undefined
      } catch (error) {
        return error
      }
    })()
    expect(isProblem(refused, 'body-unreadable')).toBe(true)
  })
})
