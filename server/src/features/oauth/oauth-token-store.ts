import type { Generated, Insertable, Selectable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** Kept as the SHA-256 of the token, which nobody can read back. */
export interface OAuthAccessTokenTable {
  id: Generated<number>
  uuid: string
  application_id: number
  authorized_user_id: number
  created_by_id: number | null
  scope: string
  token_digest: string
  display_name: string | null
  created_at: Instant
  expires_at: Instant
  last_accessed: Instant | null
}

export interface OAuthAuthorizationCodeTable {
  id: Generated<number>
  code_digest: string
  application_id: number
  user_id: number
  scope: string
  redirect_uri: string
  expires_at: Instant
}

/** A token that an admin prepared for somebody, who has yet to draw it. */
export interface OAuthAssignedTokenTable {
  id: Generated<number>
  uuid: string
  application_id: number
  assigned_user_id: number
  redirect_uri: string
  scope: string
  response_type: string
  created_at: Instant
}

export type AccessTokenRow = Selectable<OAuthAccessTokenTable>

/** An application with its organization, as those see it who are asked to trust it. */
export interface DescribedApplication {
  readonly client_id: string
  readonly application_name: string
  readonly description: string
  readonly application_uri: string
  readonly avatar_email: string | null
  readonly organization_name: string
  readonly organization_email: string | null
}

/** Of `application` and `organization`. */
export const applicationColumns = [
  'application.client_id',
  'application.name as application_name',
  'application.description',
  'application.application_uri',
  'application.avatar_email',
  'organization.username as organization_name',
  'organization.contact_email as organization_email',
] as const

export interface AuthorizationRow extends DescribedApplication {
  readonly id: number
  readonly uuid: string
  readonly scope: string
}

/** A token with what decides whether it is good, and who acts with it. */
export interface GrantRow {
  readonly id: number
  readonly uuid: string
  readonly scope: string
  readonly expires_at: Instant
  readonly last_accessed: Instant | null
  readonly client_id: string
  readonly application_name: string
  readonly organization_enabled: number
  readonly user_id: number
  readonly username: string
  readonly user_enabled: number
}

const grants = (db: Db) =>
  db
    .selectFrom('oauthaccesstoken as token')
    .innerJoin('oauthapplication as application', 'application.id', 'token.application_id')
    .innerJoin('user as organization', 'organization.id', 'application.organization_id')
    .innerJoin('user as person', 'person.id', 'token.authorized_user_id')
    .select([
      'token.id',
      'token.uuid',
      'token.scope',
      'token.expires_at',
      'token.last_accessed',
      'application.client_id',
      'application.name as application_name',
      'organization.enabled as organization_enabled',
      'person.id as user_id',
      'person.username',
      'person.enabled as user_enabled',
    ])

const findByDigest = prepared<{ digest: string }>()((param, db) =>
  grants(db).where('token.token_digest', '=', param('digest')),
)

const findByUuid = prepared<{ uuid: string }>()((param, db) =>
  grants(db).where('token.uuid', '=', param('uuid')),
)

const authorizations = (db: Db) =>
  db
    .selectFrom('oauthaccesstoken as token')
    .innerJoin('oauthapplication as application', 'application.id', 'token.application_id')
    .innerJoin('user as organization', 'organization.id', 'application.organization_id')
    .select(['token.id', 'token.uuid', 'token.scope'])
    .select(applicationColumns)

export function oauthTokenStore(db: Db) {
  return {
    async findGrant(digest: string): Promise<GrantRow | undefined> {
      return (await findByDigest(db, { digest }))[0]
    },

    async findGrantByUuid(uuid: string): Promise<GrantRow | undefined> {
      return (await findByUuid(db, { uuid }))[0]
    },

    insert: (token: Insertable<OAuthAccessTokenTable>): Promise<AccessTokenRow> =>
      db.insertInto('oauthaccesstoken').values(token).returningAll().executeTakeFirstOrThrow(),

    /** Unexpired ones of an application, newest first, from before `before` on. */
    listOfApplication: (applicationId: number, now: Instant, before: number, limit: number) =>
      db
        .selectFrom('oauthaccesstoken as token')
        .leftJoin('user as creator', 'creator.id', 'token.created_by_id')
        .selectAll('token')
        .select('creator.username as created_by')
        .where('token.application_id', '=', applicationId)
        .where('token.expires_at', '>', now)
        .where('token.id', '<', before)
        .orderBy('token.id', 'desc')
        .limit(limit)
        .execute(),

    async countOfApplication(applicationId: number, now: Instant): Promise<number> {
      const { count } = await db
        .selectFrom('oauthaccesstoken')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('application_id', '=', applicationId)
        .where('expires_at', '>', now)
        .executeTakeFirstOrThrow()
      return count
    },

    findOfApplication: (applicationId: number, uuid: string) =>
      db
        .selectFrom('oauthaccesstoken')
        .selectAll()
        .where('uuid', '=', uuid)
        .where('application_id', '=', applicationId)
        .executeTakeFirst(),

    /** The unexpired scopes that somebody has granted to an application. */
    scopesGranted: (applicationId: number, userId: number, now: Instant) =>
      db
        .selectFrom('oauthaccesstoken')
        .select('scope')
        .distinct()
        .where('application_id', '=', applicationId)
        .where('authorized_user_id', '=', userId)
        .where('expires_at', '>', now)
        .limit(100)
        .execute(),

    /** Unexpired ones that act for somebody, newest first, each with its application. */
    listOfUser: (userId: number, now: Instant, limit: number): Promise<AuthorizationRow[]> =>
      authorizations(db)
        .where('token.authorized_user_id', '=', userId)
        .where('token.expires_at', '>', now)
        .orderBy('token.id', 'desc')
        .limit(limit)
        .execute(),

    findOfUser: (
      userId: number,
      uuid: string,
      now: Instant,
    ): Promise<AuthorizationRow | undefined> =>
      authorizations(db)
        .where('token.uuid', '=', uuid)
        .where('token.authorized_user_id', '=', userId)
        .where('token.expires_at', '>', now)
        .executeTakeFirst(),

    delete: (id: number) => db.deleteFrom('oauthaccesstoken').where('id', '=', id).execute(),

    touch: (id: number, at: Instant) =>
      db.updateTable('oauthaccesstoken').set({ last_accessed: at }).where('id', '=', id).execute(),

    /** @returns how many of those that expired before an instant went; at most `limit`. */
    async deleteExpired(before: Instant, limit: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('oauthaccesstoken')
        .where(
          'id',
          'in',
          db
            .selectFrom('oauthaccesstoken')
            .select('id')
            .where('expires_at', '<', before)
            .orderBy('expires_at')
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}
