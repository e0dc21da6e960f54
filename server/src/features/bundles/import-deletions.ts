import { splitReference } from '../../bundles/compat-index.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { isTagName, type TagName } from '../tags/tag-name.ts'
import { matchesGlob } from './glob.ts'
import type { ImportFacts, PlannedRepository } from './import-plan.ts'

/** A tag that the source has no more, and what becomes of it here. */
export interface PlannedDeletion {
  readonly reference: string
  readonly fullName: string
  readonly tag: string
  /** What it is on here. */
  readonly digest: string | undefined
  readonly what: 'proposed' | 'deleted' | 'absent' | 'kept'
  readonly reason: 'immutable' | 'read-only' | 'mirror' | 'changed-here' | 'brought' | undefined
  readonly row: RepositoryRow | undefined
}

/**
 * A proposal stays one until somebody chooses it; and what was changed here, or is in the same
 * bundle, is not what the source means.
 */
export async function planDeletions(
  references: readonly string[],
  facts: Pick<ImportFacts, 'findRepository' | 'findTag'>,
  {
    chosen,
    lastImported,
    mapName,
    repositories,
  }: {
    /** Patterns of references. */
    readonly chosen: readonly string[]
    readonly lastImported: ReadonlyMap<string, string>
    readonly mapName: (name: string) => string
    readonly repositories: readonly PlannedRepository[]
  },
): Promise<readonly PlannedDeletion[]> {
  const brought = new Set(
    repositories.flatMap(({ fullName, entries }) =>
      entries.flatMap(({ tag }) => (tag === undefined ? [] : [`${fullName}:${tag}`])),
    ),
  )
  const planned: PlannedDeletion[] = []
  for (const reference of references) {
    const { repository, tag } = splitReference(reference)
    if (tag === undefined || !isTagName(tag)) continue
    const fullName = mapName(repository)
    const row = await facts.findRepository(fullName)
    const current = row && (await facts.findTag(row.id, tag))
    const known = { reference, fullName, tag, digest: current?.digest, row }
    if (row === undefined || current === undefined) {
      planned.push({ ...known, what: 'absent', reason: undefined })
      continue
    }
    const last = lastImported.get(`${fullName}:${tag}`)
    const reason = brought.has(`${fullName}:${tag}`)
      ? 'brought'
      : row.state === 'READ_ONLY'
        ? 'read-only'
        : row.state !== 'NORMAL'
          ? 'mirror'
          : current.isImmutable
            ? 'immutable'
            : last !== undefined && last !== current.digest
              ? 'changed-here'
              : undefined
    const isChosen = chosen.some((pattern) => matchesGlob(pattern, reference))
    const what = reason !== undefined ? 'kept' : isChosen ? 'deleted' : 'proposed'
    planned.push({ ...known, what, reason })
  }
  return planned
}

export interface DoomedTag {
  readonly name: TagName
  /** It goes only while it is on this. */
  readonly digest: string
  readonly reference: string
}

/** Those that go, by repository. */
export function chosenDeletions(deletions: readonly PlannedDeletion[]) {
  const byRepository = new Map<
    number,
    { readonly row: RepositoryRow; readonly tags: DoomedTag[] }
  >()
  for (const { reference, what, row, tag, digest } of deletions) {
    if (what !== 'deleted' || row === undefined || digest === undefined || !isTagName(tag)) continue
    const one = byRepository.get(row.id) ?? { row, tags: [] }
    one.tags.push({ reference, name: tag, digest })
    byRepository.set(row.id, one)
  }
  return [...byRepository.values()]
}
