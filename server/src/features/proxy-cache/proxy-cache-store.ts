import { sql, type Selectable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** The registry that an organization is a cache of. */
export interface ProxyCacheConfigTable {
  organization_id: number
  /** `host[:port][/namespace]` */
  upstream_registry: string
  /** JSON with a name and a password, sealed; null: none. */
  credentials_encrypted: string | null
  /** 0: what is cached never ends. */
  expiration_s: number
  insecure: number
  created_at: Instant
}

export type ProxyCacheRow = Selectable<ProxyCacheConfigTable>

const find = prepared<{ organization: number }>()((param, db) =>
  db
    .selectFrom('proxycacheconfig')
    .selectAll()
    .where('organization_id', '=', param('organization')),
)

/** Queries of `proxycacheconfig`, and of what keeps an organization from becoming a cache. */
export function proxyCacheStore(db: Db) {
  return {
    find: async (organizationId: number): Promise<ProxyCacheRow | undefined> =>
      (await find(db, { organization: organizationId }))[0],

    /** What caches are of, the oldest first. */
    listUpstreams: async (limit: number): Promise<readonly string[]> =>
      (
        await db
          .selectFrom('proxycacheconfig')
          .select('upstream_registry')
          .orderBy('organization_id')
          .limit(limit)
          .execute()
      ).map(({ upstream_registry: upstream }) => upstream),

    /** False when the organization is a cache already. */
    async insert(row: ProxyCacheRow): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('proxycacheconfig')
        .values(row)
        .onConflict((conflict) => conflict.column('organization_id').doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    /** False when there was nothing. */
    async delete(organizationId: number): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('proxycacheconfig')
        .where('organization_id', '=', organizationId)
        .executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },

    hasImmutabilityPolicy: async (organizationId: number): Promise<boolean> =>
      (await db
        .selectFrom('immutabilitypolicy')
        .select('id')
        .where('namespace_user_id', '=', organizationId)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    hasImmutableTag: async (organizationId: number, now: Instant): Promise<boolean> =>
      (await db
        .selectFrom('repository')
        .innerJoin('tag', 'tag.repository_id', 'repository.id')
        .select('tag.id')
        .where('repository.namespace_user_id', '=', organizationId)
        .where('tag.live_name', 'is not', null)
        .where('tag.immutable', '=', sql.lit(1))
        .where((e) =>
          e.or([e('tag.lifetime_end_ms', 'is', null), e('tag.lifetime_end_ms', '>', now)]),
        )
        .limit(1)
        .executeTakeFirst()) !== undefined,
  }
}
