import type { z } from 'zod'

import type { ConflictAnswer } from '../../contract/mooring-bundle-values.ts'
import { isTagName, type TagName } from '../tags/tag-name.ts'

/** What stands against a tag that a bundle brings, and who may decide about it. */
export type ConflictKind = 'immutable' | 'rollback' | 'changed-here'
export type ConflictChoice = z.output<typeof ConflictAnswer>

/** An immutable tag is not moved by an import, whoever asks. */
export const choicesFor: Readonly<Record<ConflictKind, readonly ConflictChoice[]>> = {
  immutable: ['keep', 'rename'],
  rollback: ['keep', 'take', 'rename'],
  'changed-here': ['keep', 'take', 'rename'],
}

export interface ConflictRules {
  /** Of every tag that was changed here since the last import, and of what may be renamed. */
  readonly forAll: ConflictChoice
  /** Tags may go back to what they were before. */
  readonly allowRollback: boolean
  /** Decided one by one, by `organization/repository:tag`. */
  readonly single: ReadonlyMap<string, ConflictChoice>
}

export interface Verdict {
  /** The one that decided. */
  readonly conflict: ConflictKind
  readonly choice: ConflictChoice
}

/** The first conflict that does not let the tag through decides. */
export function decideConflicts(
  conflicts: readonly ConflictKind[],
  name: string,
  rules: ConflictRules,
): Verdict | undefined {
  const verdicts = conflicts.map((conflict) => ({
    conflict,
    choice: choose(conflict, name, rules),
  }))
  return verdicts.find(({ choice }) => choice !== 'take') ?? verdicts[0]
}

function choose(
  conflict: ConflictKind,
  name: string,
  { forAll, allowRollback, single }: ConflictRules,
): ConflictChoice {
  const asked = single.get(name)
  if (asked !== undefined) return choicesFor[conflict].includes(asked) ? asked : 'keep'
  if (conflict === 'changed-here') return forAll
  if (conflict === 'rollback' && allowRollback) return 'take'
  return forAll === 'rename' ? 'rename' : 'keep'
}

const longestTag = 128

/** `<tag>-<stream>`, under which an image stands beside the one that is here. */
export function besideTag(tag: string, suffix: string): TagName | undefined {
  const end = `-${suffix}`
  const name = `${tag.slice(0, longestTag - end.length)}${end}`
  return isTagName(name) ? name : undefined
}

export const conflictMessages: Readonly<Record<ConflictKind, string>> = {
  immutable: 'The tag is immutable here.',
  rollback: 'The tag was on this image before and has moved on since.',
  'changed-here': 'The tag was changed here since the last import.',
}
