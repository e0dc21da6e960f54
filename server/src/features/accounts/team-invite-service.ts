import type { Config, FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { Mail, MailService } from '../mail/mail-service.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import { requireEmail } from './account-names.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { invitationMail } from './invitation-mail.ts'
import { memberStore } from './member-store.ts'
import { teamInviteStore, type Invitee, type InviteRow } from './team-invite-store.ts'
import type { TeamService } from './team-service.ts'
import { teamStore, type TeamRow } from './team-store.ts'

export type TeamInviteService = ReturnType<typeof createTeamInviteService>

export type InviteRules = Pick<Config, 'urlScheme' | 'serverHostname'> & {
  readonly features: Pick<FeatureConfig, 'mailing' | 'requireTeamInvite'>
}

const codeLength = 64
const codeAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const listedAtMost = 10_000

/**
 * Invitations to teams. While mail is sent and FEATURE_REQUIRE_TEAM_INVITE is on, whoever is in no
 * team of the organization is asked first; otherwise people are simply added.
 */
export function createTeamInviteService({
  db,
  clock,
  random,
  audit,
  teams,
  notifications,
  mail,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  audit: AuditLog
  teams: TeamService
  notifications: NotificationService
  mail: MailService
  config: InviteRules
}) {
  const asksFirst = config.features.mailing && config.features.requireTeamInvite

  /** Where the notification about an invitation is found again. */
  const pathOf = (organizationId: number, teamId: number, userId: number) =>
    `${notificationFolder(organizationId, teamId)}${String(userId)}`

  async function invite(tx: Db, team: TeamRow, invitee: Invitee, by: Actor): Promise<string> {
    const { principal } = by
    if (principal === 'system' || principal.kind !== 'user') throw new Problem('access-denied')
    const code = random.text(codeLength, codeAlphabet)
    await teamInviteStore(tx).insert({
      ...{ teamId: team.id, invitee, inviterId: principal.id, code, createdAt: clock.now() },
    })
    return code
  }

  const record = (
    tx: Db,
    kind: LogKind,
    organization: Pick<AccountRow, 'id' | 'username'>,
    metadata: Readonly<Record<string, unknown>>,
    by: Actor,
  ) => audit.recordIn(tx, { kind, account: organization, actor: by, metadata })

  function invitation(
    to: string,
    organization: AccountRow,
    team: TeamRow,
    code: string,
    by: Actor,
  ): Mail {
    const address = `${config.urlScheme}://${config.serverHostname}/confirminvite?code=${code}`
    const names = { inviter: nameOf(by), organization: organization.username, team: team.name }
    return { to, ...invitationMail(names, address) }
  }

  async function needsInvite(tx: Db, organization: AccountRow, account: AccountRow) {
    if (!asksFirst || account.robot === 1) return false
    return !(await memberStore(tx).isInAnyTeam(organization.id, account.id))
  }

  async function getByCode(tx: Db, code: string): Promise<InviteRow> {
    const found = await teamInviteStore(tx).findByCode(code)
    if (!found) throw new Problem('rule-violated', { message: 'Invalid confirmation code.' })
    return found
  }

  async function forget(tx: Db, { id, organization_id, team_id, user_id }: InviteRow) {
    await teamInviteStore(tx).delete(id)
    if (user_id !== null) {
      await notifications.withdraw(tx, pathOf(organization_id, team_id, user_id))
    }
  }

  return {
    /**
     * Adds somebody to a team, or invites it. @returns the account, and which of the two.
     * @throws Problem `account-unknown`, `rule-violated`, `request-invalid`, `mail-failed`
     */
    async addOrInvite(organization: AccountRow, teamName: string, username: string, by: Actor) {
      const done = await db.transaction().execute(async (tx) => {
        const team = await teams.getIn(tx, organization, teamName)
        const account = await teams.getCandidate(tx, organization, username)
        await teams.requireOpen(tx, team, account.robot === 1)
        if (!(await needsInvite(tx, organization, account))) {
          await teams.addMember(tx, organization, team, account, by)
          return { account, team, code: undefined }
        }
        const code = await invite(tx, team, { userId: account.id }, by)
        const lookupPath = pathOf(organization.id, team.id, account.id)
        await notifications.withdraw(tx, lookupPath)
        await notifications.notify(tx, {
          kind: 'org_team_invite',
          targetId: account.id,
          metadata: {
            code,
            inviter: nameOf(by),
            org: organization.username,
            team: team.name,
          },
          lookupPath,
        })
        const metadata = { user: username, member: username, team: team.name }
        await record(tx, 'org_invite_team_member', organization, metadata, by)
        return { account, team, code }
      })
      const { account, team, code } = done
      if (code !== undefined && account.email !== null) {
        // The notification tells as well, so nobody has to wait for the mail.
        mail.sendLater(invitation(account.email, organization, team, code, by))
      }
      return { account, invited: code !== undefined }
    },

    /** @throws Problem `email-invalid`, `request-invalid`, `mail-failed` */
    async inviteAddress(organization: AccountRow, teamName: string, email: string, by: Actor) {
      requireEmail(email)
      const { team, code } = await db.transaction().execute(async (tx) => {
        const team = await teams.getIn(tx, organization, teamName)
        await teams.requireOpen(tx, team, false)
        const code = await invite(tx, team, { email }, by)
        const metadata = { email, team: team.name, member: email }
        await record(tx, 'org_invite_team_member', organization, metadata, by)
        return { team, code }
      })
      try {
        await mail.send(invitation(email, organization, team, code, by))
      } catch (error) {
        await teamInviteStore(db).withdraw(team.id, { email })
        throw error
      }
    },

    /** @throws Problem `not-found` when the address has no invitation */
    async withdrawAddress(organization: AccountRow, teamName: string, email: string, by: Actor) {
      await db.transaction().execute(async (tx) => {
        const team = await teams.getIn(tx, organization, teamName)
        await teams.requireOpen(tx, team, false)
        if (!(await teamInviteStore(tx).withdraw(team.id, { email }))) {
          throw new Problem('not-found', { email })
        }
        const metadata = { email, team: team.name, member: email }
        await record(tx, 'org_delete_team_member_invite', organization, metadata, by)
      })
    },

    /** Takes an invitation back when there is one, else the membership. */
    async removeOrWithdraw(
      organization: AccountRow,
      teamName: string,
      username: string,
      by: Actor,
    ) {
      await db.transaction().execute(async (tx) => {
        const team = await teams.getIn(tx, organization, teamName)
        const account = await accountStore(tx).find(username)
        if (account?.organization !== 0) throw new Problem('not-found', { username })
        await teams.requireOpen(tx, team, account.robot === 1)
        if (await teamInviteStore(tx).withdraw(team.id, { userId: account.id })) {
          await notifications.withdraw(tx, pathOf(organization.id, team.id, account.id))
          const metadata = { user: username, member: username, team: team.name }
          await record(tx, 'org_delete_team_member_invite', organization, metadata, by)
          return
        }
        await teams.removeMember(tx, organization, team, account, by)
      })
    },

    listOfTeam: (team: TeamRow): Promise<InviteRow[]> =>
      teamInviteStore(db).listOfTeam(team.id, listedAtMost),

    /**
     * Joins the team of the invitation, and every other team of its organization that this account
     * has been invited to. @throws Problem `rule-violated`
     */
    accept(code: string, account: AccountRow, by: Actor): Promise<InviteRow> {
      return db.transaction().execute(async (tx) => {
        const invitation = await getByCode(tx, code)
        requireIntended(invitation, account)
        const others = await teamInviteStore(tx).listFor(
          invitation.organization_id,
          { userId: account.id, email: account.verified === 1 ? account.email : null },
          listedAtMost,
        )
        for (const one of [invitation, ...others.filter(({ id }) => id !== invitation.id)]) {
          await teamStore(tx).addMember(one.team_id, account.id)
          await forget(tx, one)
          await record(
            tx,
            'org_team_member_invite_accepted',
            organizationOf(one),
            { member: account.username, team: one.team_name, inviter: one.inviter_name },
            by,
          )
        }
        return invitation
      })
    },

    /** Only invitations by name can be declined. @throws Problem `rule-violated` */
    async decline(code: string, account: AccountRow, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const invitation = await getByCode(tx, code)
        if (invitation.user_id !== account.id) {
          throw new Problem('rule-violated', { message: 'Invalid confirmation code.' })
        }
        await forget(tx, invitation)
        await record(
          tx,
          'org_team_member_invite_declined',
          organizationOf(invitation),
          {
            member: account.username,
            team: invitation.team_name,
            inviter: invitation.inviter_name,
          },
          by,
        )
      })
    },
  }
}

/** The notifications about invitations to the teams of an organization, or to one of them. */
export function notificationFolder(organizationId: number, teamId?: number): string {
  const organization = `/teaminvite/${String(organizationId)}/`
  return teamId === undefined ? organization : `${organization}${String(teamId)}/`
}

function requireIntended({ user_id, email, invited_name }: InviteRow, account: AccountRow): void {
  if (user_id === null ? email === account.email : user_id === account.id) return
  const whom = user_id === null ? `email "${email ?? ''}"` : `user "${invited_name ?? ''}"`
  const message = `This invite is intended for ${whom}.\nPlease login to that account and try again.`
  throw new Problem('rule-violated', { message })
}

function organizationOf({ organization_id, organization_name }: InviteRow) {
  return { id: organization_id, username: organization_name }
}

function nameOf({ principal }: Actor): string {
  return principal === 'system' || principal.kind === 'anonymous' ? '' : principal.username
}
