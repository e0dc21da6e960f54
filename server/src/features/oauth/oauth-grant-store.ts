import type { Insertable, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import {
  applicationColumns,
  type DescribedApplication,
  type OAuthAssignedTokenTable,
  type OAuthAuthorizationCodeTable,
} from './oauth-token-store.ts'

export type CodeRow = Selectable<OAuthAuthorizationCodeTable>
export type AssignmentRow = Selectable<OAuthAssignedTokenTable>

export interface DescribedAssignment extends DescribedApplication {
  readonly uuid: string
  readonly scope: string
  readonly redirect_uri: string
  readonly response_type: string
}

/** What becomes a token later: codes, and tokens that admins prepared for others. */
export function oauthGrantStore(db: Db) {
  return {
    insertCode: (code: Insertable<OAuthAuthorizationCodeTable>) =>
      db.insertInto('oauthauthorizationcode').values(code).execute(),

    /** The code is gone with this, so of two who come with it one gets it. */
    takeCode: (applicationId: number, digest: string): Promise<CodeRow | undefined> =>
      db
        .deleteFrom('oauthauthorizationcode')
        .where('code_digest', '=', digest)
        .where('application_id', '=', applicationId)
        .returningAll()
        .executeTakeFirst(),

    /** @returns how many of those that expired before an instant went; at most `limit`. */
    async deleteExpiredCodes(before: Instant, limit: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('oauthauthorizationcode')
        .where(
          'id',
          'in',
          db
            .selectFrom('oauthauthorizationcode')
            .select('id')
            .where('expires_at', '<', before)
            .orderBy('expires_at')
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },

    insertAssignment: (assignment: Insertable<OAuthAssignedTokenTable>) =>
      db.insertInto('oauthassignedtoken').values(assignment).execute(),

    listAssignments: (userId: number, limit: number): Promise<DescribedAssignment[]> =>
      db
        .selectFrom('oauthassignedtoken as assignment')
        .innerJoin('oauthapplication as application', 'application.id', 'assignment.application_id')
        .innerJoin('user as organization', 'organization.id', 'application.organization_id')
        .select([
          'assignment.uuid',
          'assignment.scope',
          'assignment.redirect_uri',
          'assignment.response_type',
        ])
        .select(applicationColumns)
        .where('assignment.assigned_user_id', '=', userId)
        .orderBy('assignment.id', 'desc')
        .limit(limit)
        .execute(),

    findAssignment: (userId: number, uuid: string): Promise<AssignmentRow | undefined> =>
      db
        .selectFrom('oauthassignedtoken')
        .selectAll()
        .where('uuid', '=', uuid)
        .where('assigned_user_id', '=', userId)
        .executeTakeFirst(),

    async deleteAssignment(userId: number, uuid: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('oauthassignedtoken')
        .where('uuid', '=', uuid)
        .where('assigned_user_id', '=', userId)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
