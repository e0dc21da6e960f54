import { describe, expect, it } from 'vitest'

import {
  besideTag,
  decideConflicts,
  type ConflictKind,
  type ConflictRules,
} from './import-conflict.ts'
import { policyRefusal } from './import-policy.ts'

const rules: ConflictRules = { forAll: 'take', allowRollback: false, single: new Map() }
const keepAll: ConflictRules = { ...rules, forAll: 'keep' }

describe('conflicts of an import', () => {
  const both: ConflictKind[] = ['rollback', 'changed-here']

  it.each<[string, ConflictKind[], ConflictRules, string | undefined]>([
    ['nothing stands against it', [], rules, undefined],
    ['a change here gives way', ['changed-here'], rules, 'take'],
    ['unless somebody keeps it', ['changed-here'], keepAll, 'keep'],
    ['no tag goes back by itself', ['rollback'], rules, 'keep'],
    [
      'one that may go back still gives way',
      ['rollback'],
      { ...rules, allowRollback: true },
      'take',
    ],
    [
      'what is kept is kept, also where tags may go back',
      both,
      { ...keepAll, allowRollback: true },
      'keep',
    ],
    [
      'an immutable tag can only stand beside',
      ['immutable'],
      { ...rules, forAll: 'rename' },
      'rename',
    ],
    [
      'one choice beats the rule for all',
      both,
      { ...keepAll, single: new Map([['a:1', 'take']]) },
      'take',
    ],
    [
      'and does not move an immutable tag',
      ['immutable'],
      { ...rules, single: new Map([['a:1', 'take']]) },
      'keep',
    ],
  ])('%s', (_name, conflicts, by, choice) => {
    expect(decideConflicts(conflicts, 'a:1', by)?.choice).toBe(choice)
  })

  it('make a name of a tag that is long already', () => {
    expect(besideTag('1.0', 'site-42')).toBe('1.0-site-42')
    expect(besideTag('x'.repeat(128), 'site')).toBe(`${'x'.repeat(123)}-site`)
    expect(besideTag('1.0', 'ö')).toBeUndefined()
  })
})

describe('the policy of a registry', () => {
  const trusted = {
    signature: { kind: 'trusted', keyId: '0011223344556677', comment: '' },
  } as const

  it('wants one of its signers, and not too many bytes', () => {
    const signed_by = ['aaaaaaaaaaaaaaaa', '0011223344556677']
    expect(policyRefusal(trusted, 10, { signed_by, max_bytes: 10 })).toBeUndefined()
    expect(policyRefusal(trusted, 11, { max_bytes: 10 })?.code).toBe('MOOR-BND-035')
    expect(policyRefusal(trusted, 0, { signed_by: ['AAAAAAAAAAAAAAAA'] })?.code).toBe(
      'MOOR-BND-035',
    )
    const unknown = { signature: { ...trusted.signature, kind: 'signed' } } as const
    expect(policyRefusal(unknown, 0, { signed_by })?.code).toBe('MOOR-BND-035')
  })
})
