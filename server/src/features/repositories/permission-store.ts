import { sql, type Generated } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'

export type RepositoryRole = 'read' | 'write' | 'admin'

/** Either `user_id` (people and robots) or `team_id`. */
export interface RepositoryPermissionTable {
  id: Generated<number>
  repository_id: number
  user_id: number | null
  team_id: number | null
  role: RepositoryRole
}

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
  return {
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
        .values({
          repository_id: repositoryId,
          user_id: 'userId' in grantee ? grantee.userId : null,
          team_id: 'teamId' in grantee ? grantee.teamId : null,
          role,
        })
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
