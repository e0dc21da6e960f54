import { setImmediate as otherWork } from 'node:timers/promises'

import { sql, type SqlBool } from 'kysely'

import type { Db } from '../../db/tables.ts'
import { ofLiveNamespace } from '../accounts/deleted-namespace-store.ts'

/** Literal, so that the partial index of public names fits whatever the plan is. */
const isPublic = sql<SqlBool>`${sql.ref('repository.visibility')} = 'public'`
/** Grants up to which a page is found from the grants; above, by walking the names. */
const fewGrants = 1000
/** Names looked at in one statement of a walk; other work comes in between. */
const stride = 2000

/**
 * The pieces of the catalog, each a page of full names after `after`, in the order of their bytes. Each
 * follows an index and stops at `limit`, however many repositories there are.
 */
export function catalogStore(db: Db) {
  const page = (after: string, limit: number) =>
    db
      .selectFrom('repository')
      .select('full_name')
      .where('full_name', '>', after)
      .where('state', '!=', 'MARKED_FOR_DELETION')
      .where(ofLiveNamespace)
      .orderBy('full_name')
      .limit(limit)

  const names = (rows: readonly { full_name: string }[]) => rows.map((row) => row.full_name)

  /** Ids of the repositories that an account has a grant on, directly or through a team. */
  const grantedIds = (userId: number) =>
    db
      .selectFrom('repositorypermission')
      .select('repository_id')
      .where('user_id', '=', userId)
      .union(
        db
          .selectFrom('teammember')
          .innerJoin('repositorypermission', 'repositorypermission.team_id', 'teammember.team_id')
          .select('repositorypermission.repository_id')
          .where('teammember.user_id', '=', userId),
      )

  async function hasFewGrants(userId: number) {
    const rows = await db
      .selectFrom(
        grantedIds(userId)
          .limit(fewGrants + 1)
          .as('granted'),
      )
      .select((e) => e.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return rows.count <= fewGrants
  }

  async function listFromGrants(userId: number, after: string, limit: number) {
    const rows = await db
      .selectFrom(grantedIds(userId).as('granted'))
      .innerJoin('repository', 'repository.id', 'granted.repository_id')
      .select('repository.full_name')
      .where('repository.full_name', '>', after)
      .where('repository.state', '!=', 'MARKED_FOR_DELETION')
      .where(ofLiveNamespace)
      .orderBy('repository.full_name')
      .limit(limit)
      .execute()
    return names(rows)
  }

  async function listByWalking(userId: number, after: string, limit: number) {
    const found: string[] = []
    let from = after
    while (found.length < limit) {
      const last = await db
        .selectFrom('repository')
        .select('full_name')
        .where('full_name', '>', from)
        .orderBy('full_name')
        .offset(stride - 1)
        .limit(1)
        .executeTakeFirst()
      let part = page(from, limit - found.length).where((e) =>
        e.or([
          e.exists(
            e
              .selectFrom('repositorypermission as direct')
              .select(sql.lit(1).as('one'))
              .whereRef('direct.repository_id', '=', 'repository.id')
              .where('direct.user_id', '=', userId),
          ),
          e.exists(
            e
              .selectFrom('repositorypermission as team_grant')
              .innerJoin('teammember', 'teammember.team_id', 'team_grant.team_id')
              .select(sql.lit(1).as('one'))
              .whereRef('team_grant.repository_id', '=', 'repository.id')
              .where('teammember.user_id', '=', userId),
          ),
        ]),
      )
      if (last) part = part.where('full_name', '<=', last.full_name)
      found.push(...names(await part.execute()))
      if (!last) break
      from = last.full_name
      // SQLite answers within the turn of the event loop, so waiting for it lets nobody else in.
      await otherWork()
    }
    return found
  }

  return {
    listAll: async (after: string, limit: number) => names(await page(after, limit).execute()),

    listPublic: async (after: string, limit: number) =>
      names(await page(after, limit).where(isPublic).execute()),

    /** All of one namespace: one stretch of the index, because `0` is the character after `/`. */
    listNamespace: async (namespace: string, after: string, limit: number) => {
      const start = `${namespace}/`
      const end = `${namespace}0`
      if (after >= end) return []
      const rows = await page(after > start ? after : start, limit)
        .where('full_name', '<', end)
        .execute()
      return names(rows)
    },

    listGranted: async (userId: number, after: string, limit: number) =>
      (await hasFewGrants(userId))
        ? listFromGrants(userId, after, limit)
        : listByWalking(userId, after, limit),

    /** Names of the organizations whose every repository an account may see, as their admin. */
    administeredOrganizations: async (userId: number): Promise<string[]> => {
      const rows = await db
        .selectFrom('teammember')
        .innerJoin('team', 'team.id', 'teammember.team_id')
        .innerJoin('user', 'user.id', 'team.organization_id')
        .select('user.username')
        .distinct()
        .where('teammember.user_id', '=', userId)
        .where('team.role', '=', 'admin')
        .execute()
      return rows.map((row) => row.username)
    },
  }
}
