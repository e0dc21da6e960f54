import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { ofLiveNamespace } from '../accounts/deleted-namespace-store.ts'
import type { RepositoryState } from '../repositories/repository-store.ts'
import type { MirrorRow } from './mirror-store.ts'

/** A mirror, as lists show it. */
export type ListedMirror = MirrorRow & {
  readonly full_name: string
  readonly state: RepositoryState
  readonly robot_username: string | null
}

export interface HealthRow {
  readonly full_name: string
  readonly status: MirrorRow['status']
  readonly retries: number
  readonly is_enabled: number
  readonly created_at: Instant
  readonly last_started_at: Instant | null
  readonly last_success_at: Instant | null
}

/** Mirrors with the names of what belongs to them. */
export function mirrorListStore(db: Db) {
  const mirrors = () =>
    db
      .selectFrom('repomirrorconfig')
      .innerJoin('repository', 'repository.id', 'repomirrorconfig.repository_id')
      .where('repository.state', '!=', 'MARKED_FOR_DELETION')
      .where(ofLiveNamespace)

  const listed = () =>
    mirrors()
      .leftJoin('user as robot', 'robot.id', 'repomirrorconfig.robot_user_id')
      .selectAll('repomirrorconfig')
      .select(['repository.full_name', 'repository.state', 'robot.username as robot_username'])

  /** Enabled mirrors of repositories in their state, of one namespace where it is named. */
  const watched = (namespaceId: number | undefined) =>
    mirrors()
      .where('repository.state', '=', 'MIRROR')
      .where('repomirrorconfig.is_enabled', '=', 1)
      .$if(namespaceId !== undefined, (query) =>
        query.where('repository.namespace_user_id', '=', namespaceId ?? 0),
      )

  return {
    find: (repositoryId: number): Promise<ListedMirror | undefined> =>
      listed().where('repomirrorconfig.repository_id', '=', repositoryId).executeTakeFirst(),

    /** In the order of their ids. */
    listAfter: (id: number, limit: number): Promise<ListedMirror[]> =>
      listed()
        .where('repomirrorconfig.id', '>', id)
        .orderBy('repomirrorconfig.id')
        .limit(limit)
        .execute(),

    /** Those that follow an upstream, in the order of their ids. */
    listOfHost: (host: string, after: number, limit: number): Promise<ListedMirror[]> =>
      listed()
        .where('repomirrorconfig.upstream_host', '=', host)
        .where('repomirrorconfig.id', '>', after)
        .orderBy('repomirrorconfig.id')
        .limit(limit)
        .execute(),

    /** How many are in which status. */
    countByStatus: (namespaceId: number | undefined) =>
      watched(namespaceId)
        .select(['repomirrorconfig.status'])
        .select((e) => e.fn.countAll<number>().as('count'))
        .groupBy('repomirrorconfig.status')
        .execute(),

    /** By name. */
    pageOfHealth: (
      namespaceId: number | undefined,
      { offset, limit }: { offset: number; limit: number },
    ): Promise<HealthRow[]> =>
      watched(namespaceId)
        .leftJoin('mirrorrun', 'mirrorrun.id', 'repomirrorconfig.last_run_id')
        .select([
          'repository.full_name',
          'repomirrorconfig.status',
          'repomirrorconfig.retries',
          'repomirrorconfig.is_enabled',
          'repomirrorconfig.created_at',
          'repomirrorconfig.last_success_at',
          'mirrorrun.started_at as last_started_at',
        ])
        .orderBy('repository.full_name')
        .offset(offset)
        .limit(limit)
        .execute(),

    /** Some names of those that something is wrong with. */
    async sample(
      namespaceId: number | undefined,
      problem: 'stale' | 'never-run' | 'failed',
      before: Instant,
      limit: number,
    ): Promise<string[]> {
      const ran = watched(namespaceId).leftJoin(
        'mirrorrun',
        'mirrorrun.id',
        'repomirrorconfig.last_run_id',
      )
      const query =
        problem === 'stale'
          ? ran.where('mirrorrun.started_at', '<', before)
          : problem === 'never-run'
            ? ran.where('repomirrorconfig.last_run_id', 'is', null)
            : // After the last of three failures the count begins anew.
              ran
                .where('repomirrorconfig.status', '=', -1)
                .where('repomirrorconfig.retries', '=', sql.lit(3))
      const rows = await query
        .select('repository.full_name')
        .orderBy('repository.full_name')
        .limit(limit)
        .execute()
      return rows.map((row) => row.full_name)
    },
  }
}
