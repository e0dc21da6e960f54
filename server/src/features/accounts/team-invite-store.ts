import type { Generated, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** Either `user_id` or `email`. */
export interface TeamMemberInviteTable {
  id: Generated<number>
  team_id: number
  user_id: number | null
  email: string | null
  inviter_id: number
  invite_token: string
  created_at: Instant
}

export type Invitee = { readonly userId: number } | { readonly email: string }

/** An invitation with the names around it. */
export interface InviteRow extends Selectable<TeamMemberInviteTable> {
  readonly team_name: string
  readonly organization_id: number
  readonly organization_name: string
  readonly inviter_name: string
  readonly invited_name: string | null
  readonly invited_email: string | null
}

export function teamInviteStore(db: Db) {
  const invites = () =>
    db
      .selectFrom('teammemberinvite as invite')
      .innerJoin('team', 'team.id', 'invite.team_id')
      .innerJoin('user as organization', 'organization.id', 'team.organization_id')
      .innerJoin('user as inviter', 'inviter.id', 'invite.inviter_id')
      .leftJoin('user as invited', 'invited.id', 'invite.user_id')
      .selectAll('invite')
      .select([
        'team.name as team_name',
        'team.organization_id',
        'organization.username as organization_name',
        'inviter.username as inviter_name',
        'invited.username as invited_name',
        'invited.email as invited_email',
      ])
      // Whoever is invited to an organization that was deleted is invited to nothing.
      .where('organization.enabled', '=', 1)

  return {
    findByCode: (code: string): Promise<InviteRow | undefined> =>
      invites().where('invite.invite_token', '=', code).executeTakeFirst(),

    /** The invitations to teams of an organization that reach an account, by name or by address. */
    listFor: (
      organizationId: number,
      { userId, email }: { readonly userId: number; readonly email: string | null },
      limit: number,
    ): Promise<InviteRow[]> =>
      invites()
        .where('team.organization_id', '=', organizationId)
        .where((e) =>
          e.or([
            e('invite.user_id', '=', userId),
            ...(email === null ? [] : [e('invite.email', '=', email)]),
          ]),
        )
        .orderBy('invite.id')
        .limit(limit)
        .execute(),

    listOfTeam: (teamId: number, limit: number): Promise<InviteRow[]> =>
      invites().where('invite.team_id', '=', teamId).orderBy('invite.id').limit(limit).execute(),

    insert: (invite: {
      readonly teamId: number
      readonly invitee: Invitee
      readonly inviterId: number
      readonly code: string
      readonly createdAt: Instant
    }) =>
      db
        .insertInto('teammemberinvite')
        .values({
          team_id: invite.teamId,
          user_id: 'userId' in invite.invitee ? invite.invitee.userId : null,
          email: 'email' in invite.invitee ? invite.invitee.email : null,
          inviter_id: invite.inviterId,
          invite_token: invite.code,
          created_at: invite.createdAt,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['team_id', 'userId' in invite.invitee ? 'user_id' : 'email'])
            .doUpdateSet({
              inviter_id: invite.inviterId,
              invite_token: invite.code,
              created_at: invite.createdAt,
            }),
        )
        .execute(),

    delete: (id: number) => db.deleteFrom('teammemberinvite').where('id', '=', id).execute(),

    /** False when there was none. */
    withdraw: async (teamId: number, invitee: Invitee): Promise<boolean> => {
      const { numDeletedRows } = await db
        .deleteFrom('teammemberinvite')
        .where('team_id', '=', teamId)
        .where(
          'userId' in invitee ? 'user_id' : 'email',
          '=',
          'userId' in invitee ? invitee.userId : invitee.email,
        )
        .executeTakeFirstOrThrow()
      return numDeletedRows === 1n
    },
  }
}
