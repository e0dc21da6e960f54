import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import { oauthGrantStore, type DescribedAssignment } from './oauth-grant-store.ts'
import type { OAuthTokenService } from './oauth-token-service.ts'
import { oauthTokenStore, type AuthorizationRow } from './oauth-token-store.ts'

export type AuthorizationService = ReturnType<typeof createAuthorizationService>

const listedAtMost = 1_000

/** Where the interface tells somebody about a token that waits for them. */
export const assignmentPath = (userId: number, uuid = '') =>
  `/assigned_authorization/${String(userId)}/${uuid}`

/** What applications may do for a person, and may do once the person agrees (api-shapes, 3.7). */
export function createAuthorizationService({
  db,
  clock,
  oauthTokens,
  notifications,
}: {
  db: Db
  clock: Clock
  oauthTokens: Pick<OAuthTokenService, 'forget'>
  notifications: NotificationService
}) {
  async function get(tx: Db, userId: number, uuid: string): Promise<AuthorizationRow> {
    const found = await oauthTokenStore(tx).findOfUser(userId, uuid, clock.now())
    if (found === undefined) throw new Problem('not-found')
    return found
  }

  return {
    list: (userId: number): Promise<AuthorizationRow[]> =>
      oauthTokenStore(db).listOfUser(userId, clock.now(), listedAtMost),

    /** @throws Problem `not-found` */
    get: (userId: number, uuid: string): Promise<AuthorizationRow> => get(db, userId, uuid),

    /** @throws Problem `not-found` */
    async revoke(userId: number, uuid: string): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const token = await get(tx, userId, uuid)
        await oauthTokenStore(tx).delete(token.id)
      })
      oauthTokens.forget()
    },

    /** Whoever has seen the list need not be told of it any more. */
    async listAssigned(
      userId: number,
      { markSeen }: { markSeen: boolean },
    ): Promise<DescribedAssignment[]> {
      if (markSeen) await notifications.withdraw(db, assignmentPath(userId))
      return oauthGrantStore(db).listAssignments(userId, listedAtMost)
    },

    /** @throws Problem `not-found` */
    async decline(userId: number, uuid: string): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const found = await oauthGrantStore(tx).deleteAssignment(userId, uuid)
        if (!found) throw new Problem('not-found')
        await notifications.withdraw(tx, assignmentPath(userId, uuid))
      })
    },
  }
}
