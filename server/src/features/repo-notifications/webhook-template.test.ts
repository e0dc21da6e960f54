import { describe, expect, test } from 'vitest'

import { parseTemplate } from './webhook-template.ts'

const data = {
  repository: 'plant7/edge-agent',
  name: 'edge-agent',
  updated_tags: ['2.4.1', '2.4.2'],
  vulnerability: { id: 'CVE-1', has_fix: true, level: 3 },
  manual_user: null,
}

const expand = (template: unknown) =>
  JSON.parse(parseTemplate(JSON.stringify(template)).expand(data)) as unknown

describe('a template', () => {
  const cases: readonly (readonly [what: string, template: unknown, expanded: unknown])[] = [
    [
      'without expressions stays as it is',
      { a: [1, true, null, 'x'] },
      { a: [1, true, null, 'x'] },
    ],
    ['gives a value its own type', { tags: '${updated_tags}' }, { tags: data.updated_tags }],
    [
      'takes booleans and numbers',
      ['${vulnerability.has_fix}', '${$.vulnerability.level}'],
      [true, 3],
    ],
    ['takes whole objects', '${vulnerability}', data.vulnerability],
    ['gives a list for several matches', '${updated_tags[*]}', ['2.4.1', '2.4.2']],
    ['gives null where nothing matches', { a: '${nothing.here}' }, { a: null }],
    ['gives null for null', '${manual_user}', null],
    [
      'puts values into texts',
      'pushed ${repository}:${updated_tags[0]}',
      'pushed plant7/edge-agent:2.4.1',
    ],
    ['joins several matches in a text', 'tags: ${updated_tags[*]}', 'tags: 2.4.1,2.4.2'],
    ['says in a text that nothing matches', 'by ${nobody}', 'by (none)'],
    ['writes other values into texts as JSON', 'is ${vulnerability.has_fix}', 'is true'],
    [
      'expands keys as text',
      { '${name}': { 'a ${nobody}': 1 } },
      { 'edge-agent': { 'a (none)': 1 } },
    ],
    ['takes filters', '${$.vulnerability[?@ == 3]}', 3],
    ['takes a path that begins with a bracket', "${['name']}", 'edge-agent'],
    ['leaves a lone dollar alone', 'costs 5 $ {name}', 'costs 5 $ {name}'],
  ]
  test.each(cases)('%s', (_what, template, expanded) => {
    expect(expand(template)).toEqual(expanded)
  })

  test('of the documentation gives what it says', () => {
    const template =
      '{"text": "pushed ${repository}:${updated_tags[0]}", "tags": "${updated_tags}"}'
    const one = { ...data, updated_tags: ['2.4.1'] }
    expect(JSON.parse(parseTemplate(template).expand(one))).toEqual({
      text: 'pushed plant7/edge-agent:2.4.1',
      tags: ['2.4.1'],
    })
  })

  const broken: readonly (readonly [what: string, template: string, message: RegExp])[] = [
    ['is no JSON', '{"a": ', /no JSON/],
    ['has an expression that is none', '{"a": "${[}"}', /no JSONPath/],
    ['has an empty expression', '"${}"', /no JSONPath/],
    ['asks for a pattern, which may take for ever', `"\${$[?search(@, '(a+)+$')]}"`, /no JSONPath/],
    ['is very long', JSON.stringify('x'.repeat(40_000)), /too long/],
    ['is very deep', `${'['.repeat(60)}${']'.repeat(60)}`, /deep/],
    [
      'has very many expressions',
      JSON.stringify(Array.from({ length: 101 }, (_, n) => `\${a${n}}`)),
      /too many/,
    ],
  ]
  test.each(broken)('is refused that %s', (_what, template, message) => {
    expect(() => parseTemplate(template)).toThrow(message)
  })

  test('that multiplies what it finds ends soon', () => {
    const twice = `[${Array.from({ length: 55 }, () => '*').join(',')}]`
    const greedy = `\${$${twice}${twice}}`
    const found = expand([greedy]) as unknown[][]
    expect(found[0]?.length).toBe(1_000)
  })
})
