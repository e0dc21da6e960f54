import { describe, expect, it } from 'vitest'
import type { Bundle } from './bundle-words.ts'
import { chainsOf } from './chains.ts'

const bundle = (id: string, change: Partial<Bundle>): Bundle => ({
  ...{ id, direction: 'out', stream: 'site', sequence: 1, source_name: 'here', created: '' },
  base: { kind: 'none', id: null },
  ...{ entries: 1, blobs: 1, bytes: 1, volumes: 1, state: 'ready', job_id: null, path: null },
  ...change,
})

describe('the chains of bundles', () => {
  it('are in the order of their numbers, each with what it builds on and what is missing', () => {
    const chains = chainsOf([
      bundle('d', { sequence: 5, base: { kind: 'bundle', id: 'gone' } }),
      bundle('b', { sequence: 2, base: { kind: 'bundle', id: 'a' } }),
      bundle('a', { sequence: 1 }),
      bundle('x', { stream: null, sequence: null }),
      bundle('a', { direction: 'in' }),
    ])
    expect(chains.map(({ direction, links }) => [direction, links.length])).toEqual([
      ['out', 3],
      ['in', 1],
    ])
    expect(chains[0]?.links.map(({ bundle: { id }, basedOn, gap }) => [id, basedOn, gap])).toEqual([
      ['a', undefined, undefined],
      ['b', 1, undefined],
      ['d', undefined, { from: 3, to: 4 }],
    ])
  })
})
