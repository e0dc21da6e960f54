import { sql, type Generated, type Selectable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** Of a namespace or of a repository. */
export interface ImmutabilityPolicyTable {
  id: Generated<number>
  uuid: string
  namespace_user_id: number | null
  repository_id: number | null
  tag_pattern: string
  tag_pattern_matches: Generated<number>
}

export type PolicyRow = Selectable<ImmutabilityPolicyTable>

/** Whose policies. */
export type PolicyOwner =
  | { readonly namespaceId: number; readonly repositoryId?: undefined }
  | { readonly repositoryId: number; readonly namespaceId?: undefined }

const listInForce = prepared<{ repository: number }>()((param, db) =>
  db
    .selectFrom('immutabilitypolicy')
    .select(['id', 'tag_pattern', 'tag_pattern_matches'])
    .where('repository_id', '=', param('repository'))
    .unionAll(
      db
        .selectFrom('immutabilitypolicy')
        .innerJoin(
          'repository',
          'repository.namespace_user_id',
          'immutabilitypolicy.namespace_user_id',
        )
        .select([
          'immutabilitypolicy.id',
          'immutabilitypolicy.tag_pattern',
          'immutabilitypolicy.tag_pattern_matches',
        ])
        .where('repository.id', '=', param('repository')),
    ),
)

export type PolicyInForce = Pick<PolicyRow, 'id' | 'tag_pattern' | 'tag_pattern_matches'>

/** Queries of policies, and of the tags that they make immutable. */
export function immutabilityStore(db: Db) {
  const column = (owner: PolicyOwner) =>
    owner.namespaceId === undefined ? 'repository_id' : 'namespace_user_id'
  const id = (owner: PolicyOwner) => owner.namespaceId ?? owner.repositoryId
  const of = (owner: PolicyOwner) =>
    db.selectFrom('immutabilitypolicy').selectAll().where(column(owner), '=', id(owner))

  return {
    /** Those of a repository and of its namespace. */
    listInForce: (repositoryId: number): Promise<PolicyInForce[]> =>
      listInForce(db, { repository: repositoryId }),

    list: (owner: PolicyOwner, limit: number): Promise<PolicyRow[]> =>
      of(owner).orderBy('id').limit(limit).execute(),

    find: (owner: PolicyOwner, uuid: string): Promise<PolicyRow | undefined> =>
      of(owner).where('uuid', '=', uuid).executeTakeFirst(),

    /** False when the owner has that pattern already. */
    async insert(owner: PolicyOwner, policy: Omit<PolicyValues, 'id'> & { uuid: string }) {
      const row = await db
        .insertInto('immutabilitypolicy')
        .values({
          uuid: policy.uuid,
          namespace_user_id: owner.namespaceId ?? null,
          repository_id: owner.repositoryId ?? null,
          tag_pattern: policy.pattern,
          tag_pattern_matches: policy.matches ? 1 : 0,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    findByPattern: (owner: PolicyOwner, pattern: string): Promise<PolicyRow | undefined> =>
      of(owner).where('tag_pattern', '=', pattern).executeTakeFirst(),

    async update(uuid: string, { pattern, matches }: PolicyValues): Promise<void> {
      await db
        .updateTable('immutabilitypolicy')
        .set({ tag_pattern: pattern, tag_pattern_matches: matches ? 1 : 0 })
        .where('uuid', '=', uuid)
        .execute()
    },

    async delete(uuid: string): Promise<void> {
      await db.deleteFrom('immutabilitypolicy').where('uuid', '=', uuid).execute()
    },

    /** Live tags of a repository that can still change, by name. */
    async listMutable(repositoryId: number, after: string, limit: number, now: Instant) {
      const rows = await db
        .selectFrom('tag')
        .select(['live_name', 'immutable', 'lifetime_end_ms'])
        .where('repository_id', '=', repositoryId)
        .where('live_name', '>', after)
        .orderBy('live_name')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        name: row.live_name ?? '',
        isMutable:
          row.immutable === 0 && (row.lifetime_end_ms === null || row.lifetime_end_ms > now),
      }))
    },

    /** Makes live tags immutable. @returns how many of them were not. */
    async freeze(
      repositoryId: number,
      names: readonly string[],
      { now, keepsExpiry }: { now: Instant; keepsExpiry: boolean },
    ): Promise<number> {
      const { numUpdatedRows } = await db
        .updateTable('tag')
        .set({ immutable: 1, ...(keepsExpiry ? {} : { lifetime_end_ms: null }) })
        .where('repository_id', '=', repositoryId)
        .where('live_name', 'in', names)
        .where('immutable', '=', 0)
        .where((eb) => eb.or([eb('lifetime_end_ms', 'is', null), eb('lifetime_end_ms', '>', now)]))
        .executeTakeFirstOrThrow()
      return Number(numUpdatedRows)
    },

    /** Repositories of a namespace, by id. */
    async listRepositories(namespaceId: number, after: number, limit: number): Promise<number[]> {
      const rows = await db
        .selectFrom('repository')
        .select('id')
        .where('namespace_user_id', '=', namespaceId)
        .where('id', '>', after)
        .where(sql.ref('state'), '!=', 'MARKED_FOR_DELETION')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.id)
    },
  }
}

export interface PolicyValues {
  readonly pattern: string
  readonly matches: boolean
}
