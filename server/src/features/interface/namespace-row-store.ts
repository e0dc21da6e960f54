import { sql, type SqlBool } from 'kysely'

import { liveTagsByAge } from '../../db/index-hint.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { containsPattern } from '../search/search-text.ts'
import type { Order } from './list-page.ts'

export interface NamespaceFilter {
  /** Only these; undefined: all. */
  readonly among: readonly number[] | undefined
  readonly kind: 'organization' | 'user' | undefined
  /** In small letters; empty: any. */
  readonly part: string
}

export interface ListedNamespace {
  readonly id: number
  readonly username: string
  readonly organization: number
  readonly robot: number
  readonly email: string | null
  readonly contact_email: string | null
  readonly enabled: number
  readonly verified: number
}

export interface NamespaceCounts {
  readonly repositories: number
  readonly teams: number
  readonly members: number
  readonly robots: number
}

/** More than this of anything is not counted for a row. */
const countedAtMost = 10_000
const idsAtOnce = 500

/** Organizations and people for lists that are sorted and counted. */
export function namespaceRowStore(db: Db) {
  const matching = ({ among, kind, part }: NamespaceFilter) =>
    db
      .selectFrom('user')
      .where('user.robot', '=', 0)
      .$if(among !== undefined, (query) => query.where('user.id', 'in', [...(among ?? [])]))
      .$if(kind !== undefined, (query) =>
        query.where('user.organization', '=', kind === 'organization' ? 1 : 0),
      )
      .$if(part !== '', (query) =>
        query.where(
          sql<SqlBool>`lower(${sql.ref('user.username')}) like ${containsPattern(part)} escape '\\'`,
        ),
      )
      .where((e) =>
        e.not(
          e.exists(
            e
              .selectFrom('deletednamespace')
              .select('deletednamespace.namespace_user_id')
              .whereRef('deletednamespace.namespace_user_id', '=', 'user.id'),
          ),
        ),
      )

  const listed = (filter: NamespaceFilter) =>
    matching(filter).select([
      'user.id',
      'user.username',
      'user.organization',
      'user.robot',
      'user.email',
      'user.contact_email',
      'user.enabled',
      'user.verified',
    ])

  return {
    async count(filter: NamespaceFilter, most: number): Promise<number> {
      const { count } = await db
        .selectFrom(matching(filter).select('user.id').limit(most).as('counted'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    all: (filter: NamespaceFilter, limit: number): Promise<ListedNamespace[]> =>
      listed(filter).limit(limit).execute(),

    pageByName: (
      filter: NamespaceFilter,
      {
        order,
        after,
        offset,
        limit,
      }: { order: Order; after: string | undefined; offset: number; limit: number },
    ): Promise<ListedNamespace[]> =>
      listed(filter)
        .$if(after !== undefined, (query) =>
          query.where('user.username', order === 'asc' ? '>' : '<', after ?? ''),
        )
        .orderBy('user.username', order)
        .limit(limit)
        .offset(offset)
        .execute(),

    async counts(ids: readonly number[]): Promise<Map<number, NamespaceCounts>> {
      const counts = new Map<number, NamespaceCounts>()
      for (let from = 0; from < ids.length; from += idsAtOnce) {
        const some = ids.slice(from, from + idsAtOnce)
        const { rows } = await sql<NamespaceCounts & { id: number }>`
          select owner.id,
            (select count(*) from (
              select 1 from repository
              where repository.namespace_user_id = owner.id
                and repository.state <> 'MARKED_FOR_DELETION' limit ${countedAtMost}
            ) as counted) as repositories,
            (select count(*) from team where team.organization_id = owner.id) as teams,
            (select count(distinct teammember.user_id) from team
              join teammember on teammember.team_id = team.id
              join ${sql.table('user')} as member on member.id = teammember.user_id
              where team.organization_id = owner.id and member.robot = 0) as members,
            (select count(*) from (
              select 1 from robot_account
              where robot_account.namespace_user_id = owner.id limit ${countedAtMost}
            ) as counted) as robots
          from ${sql.table('user')} as owner where owner.id in (${sql.join(some)})`.execute(db)
        for (const { id, ...row } of rows) counts.set(id, row)
      }
      return counts
    },

    /** When the newest live tag of a namespace was set. */
    async lastModified(namespaceId: number, now: Instant): Promise<Instant | null> {
      const { rows } = await sql<{ last: Instant | null }>`
        select max(newest.start) as last from (
          select (
            select tag.lifetime_start_ms from ${liveTagsByAge(db)}
            where tag.repository_id = repository.id and tag.live_name is not null
              and (tag.lifetime_end_ms is null or tag.lifetime_end_ms > ${now})
            order by tag.lifetime_start_ms desc limit 1
          ) as start
          from repository
          where repository.namespace_user_id = ${namespaceId}
            and repository.state <> 'MARKED_FOR_DELETION'
        ) as newest`.execute(db)
      return rows[0]?.last ?? null
    },
  }
}
