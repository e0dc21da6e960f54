import { setImmediate as otherWork } from 'node:timers/promises'

import type { BundleEntry, OpenBundle } from '../../bundles/bundle.ts'
import type { Digest } from '../../storage/digest.ts'
import { isProblem, messageOf } from '../../problem.ts'
import {
  parseRepositoryName,
  type RepositoryName,
  type RepositoryNameRules,
} from '../repositories/repository-name.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { isTagName, type TagName } from '../tags/tag-name.ts'
import {
  besideTag,
  conflictMessages,
  decideConflicts,
  type ConflictKind,
  type ConflictRules,
} from './import-conflict.ts'
import { planDeletions, type PlannedDeletion } from './import-deletions.ts'
import { imageRefusal, type ImportPolicy } from './import-policy.ts'
import { createOpenedClosures, type EntryClosure, type OpenedClosures } from './opened-closure.ts'
import { parseImageName } from '../../bundles/selection/image-name.ts'

export type KeptReason =
  ConflictKind | 'read-only' | 'mirror' | 'quota' | 'name' | 'sparse' | 'policy'

export interface PlannedEntry {
  readonly entry: BundleEntry
  readonly closure: EntryClosure
  /** As the bundle calls it. */
  readonly offered: TagName | undefined
  /** As it is called here: beside what is here, where somebody chose that. */
  readonly tag: TagName | undefined
  readonly what: 'new' | 'moved' | 'unchanged' | 'kept'
  /** What somebody may decide about, also when the tag moves. */
  readonly conflict: ConflictKind | undefined
  readonly reason: KeptReason | undefined
  readonly message: string | undefined
}

export interface PlannedRepository {
  readonly fullName: string
  /** Undefined for a name that no repository can have. */
  readonly name: RepositoryName | undefined
  readonly row: RepositoryRow | undefined
  readonly entries: readonly PlannedEntry[]
}

export interface ImportPlan {
  readonly repositories: readonly PlannedRepository[]
  readonly organizationsNew: readonly string[]
  /** Blobs that are needed, with their sizes. */
  readonly blobs: ReadonlyMap<Digest, number>
  readonly deletions: readonly PlannedDeletion[]
  readonly isSparse: boolean
}

/** What is asked of the registry while an import is planned. */
export interface ImportFacts {
  findRepository(fullName: string): Promise<RepositoryRow | undefined>
  hasNamespace(name: string): Promise<boolean>
  /** What a tag is on now. */
  findTag(
    repositoryId: number,
    tag: TagName,
  ): Promise<{ digest: string; isImmutable: boolean } | undefined>
  wasTaggedBefore(repositoryId: number, tag: TagName, digest: Digest): Promise<boolean>
  areAllHere(repositoryId: number, digests: readonly Digest[]): Promise<boolean>
  /** Bytes that a namespace may still take; undefined: no limit. */
  roomIn(namespace: string, blobs: ReadonlyMap<Digest, number>): Promise<number | undefined>
}

export interface ImportRules {
  readonly names: RepositoryNameRules
  readonly acceptsSparse: boolean
  readonly policy: ImportPolicy
  readonly conflicts: ConflictRules
  /** Of the names that stand beside a tag that stays. */
  readonly suffix: string
  /** Proposals that somebody chose, as patterns of references. */
  readonly deletions: readonly string[]
  /** A bundle with a lower number than one of the same stream that is here. */
  readonly isOlder: boolean
  /** What the last bundle of this source said a tag is on. */
  readonly lastImported: ReadonlyMap<string, string>
  /** Full name in this registry of an image's name with its host. */
  readonly mapName: (name: string) => string
}

const entriesBetweenTurns = 100

/** Decides what every entry of a bundle becomes here. Nothing is changed. */
export async function planImport(
  bundle: OpenBundle,
  facts: ImportFacts,
  rules: ImportRules,
): Promise<ImportPlan> {
  const closures = createOpenedClosures(bundle)
  const byName = new Map<string, BundleEntry[]>()
  for (const entry of bundle.entries) {
    const fullName = targetOf(entry, rules)
    byName.set(fullName, [...(byName.get(fullName) ?? []), entry])
  }
  const repositories: PlannedRepository[] = []
  const namespaces = new Map<string, boolean>()
  for (const [fullName, entries] of byName) {
    const name = nameOf(fullName, rules.names)
    const row = name.value && (await facts.findRepository(name.value.fullName))
    if (name.value !== undefined) {
      const { namespace } = name.value
      if (!namespaces.has(namespace)) {
        namespaces.set(namespace, await facts.hasNamespace(namespace))
      }
    }
    const planned: PlannedEntry[] = []
    const taken = new Set<string>()
    for (const [at, entry] of entries.entries()) {
      if (at % entriesBetweenTurns === 0) await otherWork()
      const one = await planEntry(entry, closures, name, row, facts, rules)
      const isTwice = one.tag !== undefined && taken.has(one.tag)
      if (one.tag !== undefined) taken.add(one.tag)
      planned.push(isTwice ? keepTwice(one) : one)
    }
    repositories.push({ fullName, name: name.value, row, entries: planned })
  }
  const fitting = await keepWithinQuota(repositories, facts)
  const used = new Set(
    fitting
      .filter(({ entries }) => entries.some(({ what }) => what !== 'kept'))
      .map(({ name }) => name?.namespace),
  )
  const blobs = new Map<Digest, number>()
  for (const { closure } of fitting.flatMap(({ entries }) => entries.filter(isTaken))) {
    for (const [digest, size] of closure.blobs) blobs.set(digest, size)
  }
  const { deletions: chosen, lastImported, mapName } = rules
  const choice = { chosen, lastImported, mapName, repositories: fitting }
  return {
    repositories: fitting,
    deletions: await planDeletions(bundle.deletions, facts, choice),
    organizationsNew: [...namespaces].flatMap(([name, isHere]) =>
      !isHere && used.has(name) ? [name] : [],
    ),
    blobs,
    isSparse: fitting.some(({ entries }) => entries.some(({ closure }) => closure.isSparse)),
  }
}

const keepTwice = (one: PlannedEntry): PlannedEntry => ({
  ...{ ...one, what: 'kept', reason: 'name' },
  message: 'Another image of the bundle gets the same name.',
})

export const isTaken = ({ what }: PlannedEntry): boolean => what !== 'kept'

function targetOf({ reference }: BundleEntry, { mapName }: ImportRules): string {
  const name = reference.split('@', 1)[0] ?? ''
  const colon = name.lastIndexOf(':')
  return mapName(colon > name.lastIndexOf('/') ? name.slice(0, colon) : name)
}

interface TriedName {
  readonly value: RepositoryName | undefined
  readonly message: string | undefined
}

function nameOf(fullName: string, rules: RepositoryNameRules): TriedName {
  try {
    return { value: parseRepositoryName(fullName, rules), message: undefined }
  } catch (error) {
    if (!isProblem(error)) throw error
    return { value: undefined, message: messageOf(error, 'The name cannot be used here.') }
  }
}

async function planEntry(
  entry: BundleEntry,
  closures: OpenedClosures,
  name: TriedName,
  row: RepositoryRow | undefined,
  facts: ImportFacts,
  rules: ImportRules,
): Promise<PlannedEntry> {
  const closure = await closures.of(entry)
  const text = parseImageName(entry.reference)?.tag
  const tag = text !== undefined && isTagName(text) ? text : undefined
  const planned = { entry, closure, offered: tag, tag, conflict: undefined }
  const kept = (reason: KeptReason, message: string): PlannedEntry => ({
    ...{ ...planned, reason, message },
    what: 'kept',
  })
  const becomes = (what: 'new' | 'moved' | 'unchanged'): PlannedEntry => ({
    ...{ ...planned, what },
    reason: undefined,
    message: undefined,
  })
  if (name.value === undefined) return kept('name', name.message ?? 'The name cannot be used here.')
  const { fullName } = name.value
  const refused = imageRefusal({ fullName, entry, closure }, rules.policy)
  if (refused !== undefined) return kept('policy', refused)
  if (closure.isSparse && !rules.acceptsSparse) {
    return kept(
      'sparse',
      'Some platforms of it were left out, and FEATURE_SPARSE_INDEX is off here.',
    )
  }
  if (row === undefined) return becomes('new')
  if (row.state === 'READ_ONLY') return kept('read-only', 'The repository is read-only.')
  if (row.state !== 'NORMAL') return kept('mirror', 'The repository mirrors another one.')
  const isWhole = await facts.areAllHere(row.id, closure.manifests)
  if (tag === undefined) return becomes(isWhole ? 'unchanged' : 'new')
  const current = await facts.findTag(row.id, tag)
  // Deleted here after it had been imported: to bring it back is no step back in time.
  if (current === undefined) return becomes('new')
  if (current.digest === entry.digest) return becomes('unchanged')
  const isBack = rules.isOlder || (await facts.wasTaggedBefore(row.id, tag, entry.digest))
  const last = rules.lastImported.get(`${row.full_name}:${tag}`)
  const conflicts: ConflictKind[] = [
    ...(current.isImmutable ? (['immutable'] as const) : []),
    ...(isBack ? (['rollback'] as const) : []),
    ...(last !== undefined && last !== current.digest ? (['changed-here'] as const) : []),
  ]
  const verdict = decideConflicts(conflicts, `${row.full_name}:${tag}`, rules.conflicts)
  if (verdict === undefined) return becomes('moved')
  const { conflict, choice } = verdict
  if (choice === 'take') return { ...becomes('moved'), conflict }
  const stays = { ...kept(conflict, conflictMessages[conflict]), conflict }
  const beside = choice === 'rename' ? besideTag(tag, rules.suffix) : undefined
  if (beside === undefined) return stays
  const there = await facts.findTag(row.id, beside)
  if (there?.isImmutable === true && there.digest !== entry.digest) return stays
  const what = there === undefined ? 'new' : there.digest === entry.digest ? 'unchanged' : 'moved'
  return { ...becomes(what), tag: beside, conflict }
}

/** A namespace takes all of a bundle that is meant for it, or nothing. */
async function keepWithinQuota(
  repositories: readonly PlannedRepository[],
  facts: ImportFacts,
): Promise<readonly PlannedRepository[]> {
  const wanted = new Map<string, Map<Digest, number>>()
  for (const { name, entries } of repositories) {
    if (name === undefined) continue
    const blobs = wanted.get(name.namespace) ?? new Map<Digest, number>()
    for (const { closure } of entries.filter(isTaken)) {
      for (const [digest, size] of closure.blobs) blobs.set(digest, size)
    }
    wanted.set(name.namespace, blobs)
  }
  const full = new Set<string>()
  for (const [namespace, blobs] of wanted) {
    const room = await facts.roomIn(namespace, blobs)
    if (room !== undefined && room < 0) full.add(namespace)
  }
  return repositories.map((repository) =>
    repository.name === undefined || !full.has(repository.name.namespace)
      ? repository
      : {
          ...repository,
          entries: repository.entries.map((one) =>
            one.what === 'kept' || one.what === 'unchanged'
              ? one
              : {
                  ...one,
                  what: 'kept' as const,
                  reason: 'quota' as const,
                  message: 'The quota of the organization has no room for it.',
                },
          ),
        },
  )
}
