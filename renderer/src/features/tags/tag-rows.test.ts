import { describe, expect, it } from 'vitest'
import { shortDigest } from './digest.ts'
import { slot, splitSlots } from './slots.ts'
import { expiryTone, isTagName, platformName, refusals, tracksOf } from './tag-rows.ts'

it('joins the tags that are on one manifest, at most five manifests', () => {
  const rows = ['a1', 'b1', 'a2', 'c1', 'b2'].map((name) => ({ name, digest: name.charAt(0) }))
  expect([...tracksOf(rows)]).toEqual([
    ['a', { lane: 'A', tags: ['a1', 'a2'] }],
    ['b', { lane: 'B', tags: ['b1', 'b2'] }],
  ])
  const many = Array.from({ length: 14 }, (_, at) => ({
    name: `t${String(at)}`,
    digest: String(at % 7),
  }))
  expect(tracksOf(many).size).toBe(5)
})

it('names platforms as far as the index does', () => {
  const of = (os: string | null, architecture: string | null, variant: string | null) =>
    platformName({ platform: { os, architecture, variant } })
  expect(of('linux', 'arm64', 'v8')).toBe('linux/arm64/v8')
  expect(of('linux', 'amd64', null)).toBe('linux/amd64')
  expect(of('unknown', 'unknown', null)).toBeUndefined()
  expect(platformName({ platform: null })).toBeUndefined()
})

it('warns of a near end', () => {
  const day = 86_400_000
  expect([3, 7, 8, 31, 32].map((days) => expiryTone(days * day, 0))).toEqual([
    ...['danger', 'danger', 'warning', 'warning', 'neutral'],
  ])
})

it.each([
  ['1.0', true],
  ['_x', true],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['.hidden', false],
  ['a b', false],
  ['', false],
])('takes %j for the name of a tag: %s', (name, is) => {
  expect(isTagName(name)).toBe(is)
})

describe('what may be done with a tag', () => {
  const reader = { mayAdmin: false, immutableCanExpire: false }
  it('is little while it is immutable', () => {
    expect(refusals({ is_immutable: true, expiration: null }, reader)).toEqual({
      ...{ remove: 'immutable', expire: 'immutable', lock: 'locked', unlock: 'admin' },
    })
    const admin = { mayAdmin: true, immutableCanExpire: true }
    expect(refusals({ is_immutable: true, expiration: null }, admin)).toMatchObject({
      ...{ expire: undefined, unlock: undefined },
    })
  })
  it('is everything but locking while it expires', () => {
    expect(refusals({ is_immutable: false, expiration: 'x' }, reader)).toEqual({
      ...{ remove: undefined, expire: undefined, lock: 'expires', unlock: 'unlocked' },
    })
  })
})

it('keeps the places of links in a sentence of any order', () => {
  expect(splitSlots(`${slot(1)} was moved to ${slot(0)}.`)).toEqual([1, ' was moved to ', 0, '.'])
  expect(splitSlots('plain')).toEqual(['plain'])
})

it('shortens digests', () => {
  expect(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('sha256:0123456789ab')
})
