import { sql, type SqlBool } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Sight } from '../access/access-service.ts'
import { ofLiveNamespace } from '../accounts/deleted-namespace-store.ts'

interface Stretch {
  readonly after: number
  readonly limit: number
}

/** A list in the order of ids, and the first id that it has to offer. */
export interface Branch {
  readonly id: number
  readonly first: number
}

/** Literal, so that the partial index of public repositories fits whatever the plan is. */
const isPublic = sql<SqlBool>`${sql.ref('repository.visibility')} = 'public'`
const isThere = sql<SqlBool>`${sql.ref('repository.state')} <> 'MARKED_FOR_DELETION'`

const listAll = prepared<Stretch>()((param, db) =>
  db
    .selectFrom('repository')
    .select('id')
    .where('id', '>', param('after'))
    .where(isThere)
    .where(ofLiveNamespace)
    .orderBy('id')
    .limit(param('limit')),
)

const listPublic = prepared<Stretch>()((param, db) =>
  db
    .selectFrom('repository')
    .select('id')
    .where(isPublic)
    .where('id', '>', param('after'))
    .where(isThere)
    .where(ofLiveNamespace)
    .orderBy('id')
    .limit(param('limit')),
)

const listOfNamespace = prepared<Stretch & { namespace: number }>()((param, db) =>
  db
    .selectFrom('repository')
    .select('id')
    .where('namespace_user_id', '=', param('namespace'))
    .where('id', '>', param('after'))
    .where(isThere)
    .where(ofLiveNamespace)
    .orderBy('id')
    .limit(param('limit')),
)

const listOfUser = prepared<Stretch & { user: number }>()((param, db) =>
  db
    .selectFrom('repositorypermission as granted')
    .innerJoin('repository', 'repository.id', 'granted.repository_id')
    .select('granted.repository_id as id')
    .where('granted.user_id', '=', param('user'))
    .where('granted.repository_id', '>', param('after'))
    .where(isThere)
    .where(ofLiveNamespace)
    .orderBy('granted.repository_id')
    .limit(param('limit')),
)

const listOfTeam = prepared<Stretch & { team: number }>()((param, db) =>
  db
    .selectFrom('repositorypermission as granted')
    .innerJoin('repository', 'repository.id', 'granted.repository_id')
    .select('granted.repository_id as id')
    .where('granted.team_id', '=', param('team'))
    .where('granted.repository_id', '>', param('after'))
    .where(isThere)
    .where(ofLiveNamespace)
    .orderBy('granted.repository_id')
    .limit(param('limit')),
)

const ids = (rows: readonly { readonly id: number }[]) => rows.map((row) => row.id)

/**
 * Which repositories somebody sees. Each list follows an index in the order of ids and stops at its
 * limit, so none costs more because there are more repositories, grants or tags.
 */
export function visibleRepositoryStore(db: Db) {
  return {
    listAll: async (after: number, limit: number) => ids(await listAll(db, { after, limit })),

    listPublic: async (after: number, limit: number) => ids(await listPublic(db, { after, limit })),

    listOfNamespace: async (namespace: number, after: number, limit: number) =>
      ids(await listOfNamespace(db, { namespace, after, limit })),

    listOfUser: async (user: number, after: number, limit: number) =>
      ids(await listOfUser(db, { user, after, limit })),

    listOfTeam: async (team: number, after: number, limit: number) =>
      ids(await listOfTeam(db, { team, after, limit })),

    /** The own namespace and those that an account administers, the one with the lowest id first. */
    async listNamespaces(accountId: number, after: number, limit: number): Promise<Branch[]> {
      const { rows } = await sql<Branch>`
        select id, first from (
          select owner.id, (
            select min(repository.id) from repository
            where repository.namespace_user_id = owner.id and repository.id > ${after}
          ) as first
          from (
            select ${accountId} + 0 as id
            union
            select team.organization_id from teammember
            join team on team.id = teammember.team_id
            where teammember.user_id = ${accountId} and team.role = 'admin'
          ) as owner
        ) as branch
        where first is not null order by first limit ${limit}`.execute(db)
      return rows
    },

    /** The teams of an account that have grants, the one with the lowest repository first. */
    async listTeams(accountId: number, after: number, limit: number): Promise<Branch[]> {
      const { rows } = await sql<Branch>`
        select id, first from (
          select teammember.team_id as id, (
            select min(granted.repository_id) from repositorypermission as granted
            where granted.team_id = teammember.team_id and granted.repository_id > ${after}
          ) as first
          from teammember where teammember.user_id = ${accountId}
        ) as branch
        where first is not null order by first limit ${limit}`.execute(db)
      return rows
    },

    /** Those of the ids, at most a few thousand, that are there and that are seen. */
    async filter(sight: Sight, among: readonly number[]): Promise<Set<number>> {
      if (among.length === 0) return new Set()
      let query = db
        .selectFrom('repository')
        .select('repository.id')
        .where('repository.id', 'in', among)
        .where(isThere)
        .where(ofLiveNamespace)
      if (!sight.everything) query = query.where(isSeen(sight))
      return new Set(ids(await query.execute()))
    },

    withinNamespace: async (namespace: number, among: readonly number[]): Promise<number[]> =>
      among.length === 0
        ? []
        : ids(
            await db
              .selectFrom('repository')
              .select('id')
              .where('id', 'in', among)
              .where('namespace_user_id', '=', namespace)
              .orderBy('id')
              .execute(),
          ),

    /**
     * The first `limit` of one namespace that are seen, among the next `stride` by id after `after`;
     * `last` is the last id looked at, if there are more.
     */
    async walkNamespace(
      namespace: number,
      sight: Sight,
      where: { readonly after: number; readonly stride: number; readonly limit: number },
    ): Promise<{ readonly found: number[]; readonly last: number | undefined }> {
      const { after, stride, limit } = where
      const next = () =>
        db
          .selectFrom('repository')
          .select('repository.id')
          .where('namespace_user_id', '=', namespace)
          .where('repository.id', '>', after)
          .orderBy('repository.id')
      const last = await next()
        .offset(stride - 1)
        .limit(1)
        .executeTakeFirst()
      const rows = await next()
        .$if(last !== undefined, (q) => q.where('repository.id', '<=', last?.id ?? 0))
        .where(isThere)
        .where(ofLiveNamespace)
        .where(isSeen(sight))
        .limit(limit)
        .execute()
      return { found: ids(rows), last: last?.id }
    },
  }
}

/** For queries of `repository`: the rules of `roleOn`, as one condition. */
function isSeen({ accountId, publicOnes }: Sight) {
  const open = publicOnes ? isPublic : sql<SqlBool>`1 = 0`
  if (accountId === undefined) return open
  return sql<SqlBool>`(${open}
    or repository.namespace_user_id = ${accountId}
    or exists (
      select 1 from repositorypermission as direct
      where direct.user_id = ${accountId} and direct.repository_id = repository.id)
    or exists (
      select 1 from teammember
      join repositorypermission as granted on granted.team_id = teammember.team_id
      where teammember.user_id = ${accountId} and granted.repository_id = repository.id)
    or exists (
      select 1 from teammember join team on team.id = teammember.team_id
      where teammember.user_id = ${accountId} and team.role = 'admin'
        and team.organization_id = repository.namespace_user_id))`
}
