import { setImmediate as otherWork } from 'node:timers/promises'

import { isConflict } from '../../db/conflicts.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { ApiCaller } from '../api/api-call.ts'
import type { Authorizer } from '../api/authorize-service.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { TagEditService } from '../tags/tag-edit-service.ts'
import type { ContentChange } from '../tags/tag-record.ts'
import type { TagRows, TagWish } from './tag-row-service.ts'

export type BulkService = ReturnType<typeof createBulkService>

/** What became of one thing; without a problem all went well. */
export interface Outcome {
  readonly name: string
  readonly problem?: Problem
}

export interface TagsChange {
  readonly action: 'delete' | 'set_expiration' | 'make_immutable' | 'make_mutable'
  /** Seconds since the epoch; null: never. */
  readonly expiration: number | null
  /** Whether the caller may make an immutable tag mutable again. */
  readonly mayClear: boolean
}

export type RepositoriesAction = 'delete' | 'make_public' | 'make_private'

const atMost = 1_000

/** One change to many things, each with the rules, the rights and the record that it has alone. */
export function createBulkService({
  tags,
  edits,
  repositories,
  authorizer,
}: {
  tags: Pick<TagRows, 'names'>
  edits: TagEditService
  repositories: RepositoryService
  authorizer: Authorizer
}) {
  const changeTag = (
    by: ContentChange,
    name: string,
    { action, expiration, mayClear }: TagsChange,
  ): Promise<void> => {
    switch (action) {
      case 'delete':
        return edits.delete(by, name)
      case 'set_expiration':
        return edits.update(by, name, { expiration }, mayClear)
      case 'make_immutable':
        return edits.update(by, name, { immutable: true }, mayClear)
      case 'make_mutable':
        return edits.update(by, name, { immutable: false }, mayClear)
    }
  }

  async function changeRepository(
    { caller, actor }: { readonly caller: ApiCaller; readonly actor: Actor },
    name: string,
    action: RepositoriesAction,
  ): Promise<void> {
    const grant = await authorizer.authorize(caller, {
      rule: { kind: 'repository', role: 'admin' },
      ...{ scope: 'repo:admin', isRead: false, params: { repository: name } },
    })
    if (grant.kind !== 'repository') throw new Problem('not-found')
    if (action === 'delete') await repositories.delete(grant.repository, actor)
    else {
      const visibility = action === 'make_public' ? 'public' : 'private'
      await repositories.setVisibility(grant.repository, visibility, actor)
    }
  }

  return {
    /** The tags that are named, and the first that a filter leaves. */
    async chooseTags(
      repositoryId: number,
      {
        tags: named,
        filter,
      }: { readonly tags: readonly string[]; readonly filter?: TagWish | undefined },
    ): Promise<{ readonly names: readonly string[]; readonly more: boolean }> {
      const filtered = filter ? await tags.names(repositoryId, filter, atMost + 1) : []
      return {
        names: [...new Set([...named, ...filtered.slice(0, atMost)])],
        more: filtered.length > atMost,
      }
    },

    changeTags: (
      by: ContentChange,
      names: readonly string[],
      change: TagsChange,
    ): Promise<Outcome[]> => each(names, (name) => changeTag(by, name, change)),

    changeRepositories: (
      by: { readonly caller: ApiCaller; readonly actor: Actor },
      names: readonly string[],
      action: RepositoriesAction,
    ): Promise<Outcome[]> => each(names, (name) => changeRepository(by, name, action)),
  }
}

/** One after the other: what is wrong with one is no matter of the next. */
async function each(
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const name of new Set(names)) {
    try {
      await work(name)
      outcomes.push({ name })
    } catch (error) {
      outcomes.push({ name, problem: asProblem(error) })
    }
    // SQLite answers within the turn of the event loop, so waiting for it lets nobody else in.
    await otherWork()
  }
  return outcomes
}

function asProblem(error: unknown): Problem {
  if (isProblem(error)) return error
  if (isConflict(error)) return new Problem('conflict', {}, { cause: error })
  throw error
}
