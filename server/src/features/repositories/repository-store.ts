import type { Generated, Selectable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { ofLiveNamespace } from '../accounts/deleted-namespace-store.ts'

export type Visibility = 'public' | 'private'
export type RepositoryState =
  'NORMAL' | 'READ_ONLY' | 'MIRROR' | 'ORG_MIRROR' | 'MARKED_FOR_DELETION'

export interface RepositoryTable {
  id: Generated<number>
  namespace_user_id: number
  name: string
  /** `namespace/name`: one index gives both the look-up by path and the order of the catalog. */
  full_name: string
  visibility: Visibility
  state: Generated<RepositoryState>
  kind: Generated<'image'>
  description: string | null
  created_at: Instant
  popularity: Generated<number>
  /** When the newest of its live tags began, 0 without one; kept by triggers on `tag`. */
  last_modified: Generated<Instant>
}

export type RepositoryRow = Selectable<RepositoryTable>

const findByFullName = prepared<{ fullName: string }>()((param, db) =>
  db
    .selectFrom('repository')
    .selectAll()
    .where('full_name', '=', param('fullName'))
    .where('state', '!=', 'MARKED_FOR_DELETION')
    .where(ofLiveNamespace),
)

export function repositoryStore(db: Db) {
  return {
    /** A repository that is marked for deletion, or whose namespace is deleted, is not found. */
    async find(fullName: string): Promise<RepositoryRow | undefined> {
      return (await findByFullName(db, { fullName }))[0]
    },

    listByIds: async (ids: readonly number[]): Promise<RepositoryRow[]> =>
      ids.length === 0
        ? []
        : db
            .selectFrom('repository')
            .selectAll()
            .where('id', 'in', ids)
            .where('state', '!=', 'MARKED_FOR_DELETION')
            .where(ofLiveNamespace)
            .execute(),

    /** Undefined when the name is taken. */
    insert: (repository: {
      namespaceId: number
      name: string
      fullName: string
      visibility: Visibility
      description: string | null
      createdAt: Instant
    }): Promise<RepositoryRow | undefined> =>
      db
        .insertInto('repository')
        .values({
          namespace_user_id: repository.namespaceId,
          name: repository.name,
          full_name: repository.fullName,
          visibility: repository.visibility,
          description: repository.description,
          created_at: repository.createdAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst(),

    setVisibility: (id: number, visibility: Visibility) =>
      db.updateTable('repository').set({ visibility }).where('id', '=', id).execute(),

    setDescription: (id: number, description: string) =>
      db.updateTable('repository').set({ description }).where('id', '=', id).execute(),

    setState: (id: number, state: RepositoryState) =>
      db.updateTable('repository').set({ state }).where('id', '=', id).execute(),

    /** An ordinary repository again, unless something else became of it. */
    leaveOrgMirror: (id: number) =>
      db
        .updateTable('repository')
        .set({ state: 'NORMAL' })
        .where('id', '=', id)
        .where('state', '=', 'ORG_MIRROR')
        .execute(),

    /** Gives the name free by taking one that no repository can have. */
    markForDeletion: (id: number, name: string, fullName: string) =>
      db
        .updateTable('repository')
        .set({ state: 'MARKED_FOR_DELETION', name, full_name: fullName })
        .where('id', '=', id)
        .execute(),

    listMarkedForDeletion: (limit: number): Promise<RepositoryRow[]> =>
      db
        .selectFrom('repository')
        .selectAll()
        .where('state', '=', 'MARKED_FOR_DELETION')
        .orderBy('id')
        .limit(limit)
        .execute(),

    delete: (id: number) => db.deleteFrom('repository').where('id', '=', id).execute(),
  }
}
