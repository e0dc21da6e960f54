import { sql, type Generated } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { RepositoryRow } from './repository-store.ts'

export type RepositoryRole = 'read' | 'write' | 'admin'

/** Either `user_id` (people and robots) or `team_id`. */
export interface RepositoryPermissionTable {
  id: Generated<number>
  repository_id: number
  /** That of the repository. */
  namespace_user_id: number
  user_id: number | null
  team_id: number | null
  role: RepositoryRole
}

/** A role of an account, with what the API tells about the account. */
export interface UserGrant {
  readonly role: RepositoryRole
  readonly username: string
  readonly email: string | null
  readonly organization: number
  readonly robot: number
  /** Whether it is in a team of the organization that the repository belongs to. */
  readonly isMember: boolean
}

export interface TeamGrant {
  readonly role: RepositoryRole
  readonly name: string
}

type OfNamespace = Pick<RepositoryRow, 'id' | 'namespace_user_id'>

export type Grantee = { readonly userId: number } | { readonly teamId: number }

const rolesOf = prepared<{ user: number; repository: number; namespace: number }>()((param, db) =>
  db
    .selectFrom('repositorypermission as direct')
    .select('direct.role')
    .where('direct.user_id', '=', param('user'))
    .where('direct.repository_id', '=', param('repository'))
    .unionAll(
      db
        .selectFrom('teammember')
        .innerJoin('repositorypermission as team_grant', 'team_grant.team_id', 'teammember.team_id')
        .select('team_grant.role')
        .where('teammember.user_id', '=', param('user'))
        .where('team_grant.repository_id', '=', param('repository')),
    )
    .unionAll(
      db
        .selectFrom('teammember')
        .innerJoin('team', 'team.id', 'teammember.team_id')
        .select(sql<RepositoryRole>`'admin'`.as('role'))
        .where('teammember.user_id', '=', param('user'))
        .where('team.organization_id', '=', param('namespace'))
        .where('team.role', '=', 'admin'),
    ),
)

export function permissionStore(db: Db) {
  const userGrants = (repository: OfNamespace) =>
    db
      .selectFrom('repositorypermission as granted')
      .innerJoin('user', 'user.id', 'granted.user_id')
      .select(['granted.role', 'user.username', 'user.email', 'user.organization', 'user.robot'])
      .select((e) =>
        e
          .exists(
            e
              .selectFrom('teammember')
              .innerJoin('team', 'team.id', 'teammember.team_id')
              .select('team.id')
              .whereRef('teammember.user_id', '=', 'user.id')
              .where('team.organization_id', '=', repository.namespace_user_id),
          )
          .as('member'),
      )
      .where('granted.repository_id', '=', repository.id)

  return {
    /** By name. */
    listUsers: async (repository: OfNamespace, limit: number): Promise<UserGrant[]> => {
      const rows = await userGrants(repository).orderBy('user.username').limit(limit).execute()
      return rows.map(toUserGrant)
    },

    findUser: async (repository: OfNamespace, username: string): Promise<UserGrant | undefined> => {
      const row = await userGrants(repository)
        .where('user.username', '=', username)
        .executeTakeFirst()
      return row && toUserGrant(row)
    },

    /** By name. */
    listTeams: (repositoryId: number, limit: number): Promise<TeamGrant[]> =>
      db
        .selectFrom('repositorypermission as granted')
        .innerJoin('team', 'team.id', 'granted.team_id')
        .select(['granted.role', 'team.name'])
        .where('granted.repository_id', '=', repositoryId)
        .orderBy('team.name')
        .limit(limit)
        .execute(),

    findTeam: async (repositoryId: number, teamId: number): Promise<RepositoryRole | undefined> => {
      const row = await db
        .selectFrom('repositorypermission')
        .select('role')
        .where('repository_id', '=', repositoryId)
        .where('team_id', '=', teamId)
        .executeTakeFirst()
      return row?.role
    },

    /** Of the account itself, then of its teams; one for each grant. */
    grantedRoles: async (userId: number, repositoryId: number): Promise<RepositoryRole[]> => {
      const direct = await db
        .selectFrom('repositorypermission')
        .select('role')
        .where('repository_id', '=', repositoryId)
        .where('user_id', '=', userId)
        .execute()
      const throughTeams = await db
        .selectFrom('teammember')
        .innerJoin('repositorypermission as granted', 'granted.team_id', 'teammember.team_id')
        .select('granted.role')
        .where('teammember.user_id', '=', userId)
        .where('granted.repository_id', '=', repositoryId)
        .orderBy('granted.id')
        .limit(1_000)
        .execute()
      return [...direct, ...throughTeams].map((row) => row.role)
    },

    /** Every role that an account has on a repository: direct, by team, as admin of the organization. */
    rolesOf: async (
      userId: number,
      repository: { readonly id: number; readonly namespace_user_id: number },
    ): Promise<RepositoryRole[]> => {
      const rows = await rolesOf(db, {
        user: userId,
        repository: repository.id,
        namespace: repository.namespace_user_id,
      })
      return rows.map((row) => row.role)
    },

    /** Sets the role, whether or not there was one. */
    grant: (repositoryId: number, grantee: Grantee, role: RepositoryRole) =>
      db
        .insertInto('repositorypermission')
        .columns(['repository_id', 'namespace_user_id', 'user_id', 'team_id', 'role'])
        .expression((e) =>
          e
            .selectFrom('repository')
            .select([
              'repository.id',
              'repository.namespace_user_id',
              e.val('userId' in grantee ? grantee.userId : null).as('user_id'),
              e.val('teamId' in grantee ? grantee.teamId : null).as('team_id'),
              e.val(role).as('role'),
            ])
            .where('repository.id', '=', repositoryId),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['repository_id', 'userId' in grantee ? 'user_id' : 'team_id'])
            .doUpdateSet({ role }),
        )
        .execute(),

    /** False when there was nothing to take away. */
    revoke: async (repositoryId: number, grantee: Grantee): Promise<boolean> => {
      const { numDeletedRows } = await db
        .deleteFrom('repositorypermission')
        .where('repository_id', '=', repositoryId)
        .where(
          'userId' in grantee ? 'user_id' : 'team_id',
          '=',
          'userId' in grantee ? grantee.userId : grantee.teamId,
        )
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}

function toUserGrant({
  member,
  ...grant
}: Omit<UserGrant, 'isMember'> & { readonly member: unknown }): UserGrant {
  return { ...grant, isMember: Boolean(member) }
}
