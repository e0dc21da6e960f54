import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import {
  namespaceFault,
  requireEmail,
  requireNewNamespace,
  splitRobotName,
} from './account-names.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { requireUnreservedName } from './namespace-deletion-service.ts'
import { teamStore, type TeamRole, type TeamRow } from './team-store.ts'

export type OrganizationService = ReturnType<typeof createOrganizationService>

export function createOrganizationService({
  db,
  clock,
  random,
  audit,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  audit: AuditLog
  config: Pick<Config, 'defaultTagExpirationMs'>
}) {
  async function getTeam(tx: Db, organization: AccountRow, name: string): Promise<TeamRow> {
    const team = await teamStore(tx).find(organization.id, name)
    if (!team) {
      const message = `No team ${name} in organization ${organization.username}`
      throw new Problem('request-invalid', { team: name, message })
    }
    return team
  }

  async function getMember(tx: Db, organization: AccountRow, username: string) {
    const member = await accountStore(tx).find(username)
    if (!member || member.organization === 1) {
      throw new Problem('account-unknown', { username, message: 'Unknown user' })
    }
    const robot = member.robot === 1 ? splitRobotName(username) : undefined
    if (robot && robot.namespace !== organization.username) {
      const message = `Cannot add robot ${username} under namespace ${organization.username}`
      throw new Problem('request-invalid', { username, message })
    }
    return member
  }

  return {
    async find(name: string): Promise<AccountRow | undefined> {
      const account = await accountStore(db).find(name)
      return account?.organization === 1 ? account : undefined
    },

    findTeam: (organizationId: number, name: string): Promise<TeamRow | undefined> =>
      teamStore(db).find(organizationId, name),

    isTeamMember: (teamId: number, userId: number): Promise<boolean> =>
      teamStore(db).isMember(teamId, userId),

    /**
     * With the team `owners`, which contains the creator.
     * @throws Problem `namespace-invalid`, `namespace-taken`, `email-invalid`
     */
    async create(
      organization: { readonly name: string; readonly email?: string | null },
      creatorId: number,
      by: Actor,
    ): Promise<AccountRow> {
      const { name, email = null } = organization
      requireNewNamespace(name, 'namespace')
      if (email !== null) requireEmail(email)
      return db.transaction().execute(async (tx) => {
        await requireUnreservedName(tx, name)
        const accounts = accountStore(tx)
        if (email !== null && (await accounts.isEmailTaken(email))) {
          throw new Problem('email-invalid', {
            email,
            message: `Email has already been used: ${email}`,
          })
        }
        const account = await accounts.insert({
          kind: 'organization',
          uuid: random.uuid(),
          username: name,
          email,
          passwordHash: null,
          removedTagExpirationMs: config.defaultTagExpirationMs,
          createdAt: clock.now(),
        })
        if (!account) {
          throw new Problem('namespace-taken', {
            name,
            message: 'A user or organization with this name already exists',
          })
        }
        const teams = teamStore(tx)
        const owners = await teams.insert({
          organizationId: account.id,
          name: 'owners',
          role: 'admin',
          description: '',
        })
        if (owners) await teams.addMember(owners.id, creatorId)
        await audit.recordIn(tx, {
          kind: 'org_create',
          account,
          actor: by,
          metadata: { namespace: name, email },
        })
        return account
      })
    },

    /** @throws Problem `namespace-invalid` or `namespace-taken`, about the name of the team */
    async createTeam(
      organization: AccountRow,
      team: { readonly name: string; readonly role: TeamRole; readonly description?: string },
      by: Actor,
    ): Promise<TeamRow> {
      const fault = namespaceFault(team.name)?.replace('Namespace', 'Team')
      if (fault !== undefined) {
        const message = `Invalid team name ${team.name}: ${fault}`
        throw new Problem('namespace-invalid', { name: team.name, message })
      }
      return db.transaction().execute(async (tx) => {
        const created = await teamStore(tx).insert({
          organizationId: organization.id,
          name: team.name,
          role: team.role,
          description: team.description ?? '',
        })
        if (!created) {
          const message = `Team ${team.name} already exists`
          throw new Problem('namespace-taken', { name: team.name, message })
        }
        await audit.recordIn(tx, {
          kind: 'org_create_team',
          account: organization,
          actor: by,
          metadata: { team: team.name },
        })
        return created
      })
    },

    /** A person, or a robot of this organization. */
    async addTeamMember(organization: AccountRow, teamName: string, username: string, by: Actor) {
      await db.transaction().execute(async (tx) => {
        const team = await getTeam(tx, organization, teamName)
        const member = await getMember(tx, organization, username)
        if (!(await teamStore(tx).addMember(team.id, member.id))) {
          const message = `User ${username} is already a member of team ${teamName}`
          throw new Problem('request-invalid', { username, team: teamName, message })
        }
        await audit.recordIn(tx, {
          kind: 'org_add_team_member',
          account: organization,
          actor: by,
          metadata: { member: username, team: teamName },
        })
      })
    },

    /** The only admin of an organization stays. */
    async removeTeamMember(
      organization: AccountRow,
      teamName: string,
      username: string,
      by: Actor,
    ) {
      await db.transaction().execute(async (tx) => {
        const teams = teamStore(tx)
        const team = await getTeam(tx, organization, teamName)
        const member = await getMember(tx, organization, username)
        if (!(await teams.removeMember(team.id, member.id))) {
          const message = `User ${username} does not belong to team ${teamName}`
          throw new Problem('request-invalid', { username, team: teamName, message })
        }
        if (team.role === 'admin' && !(await teams.hasAdmin(organization.id))) {
          const message = `User ${username} is the only admin of organization ${organization.username}`
          throw new Problem('request-invalid', { username, team: teamName, message })
        }
        await audit.recordIn(tx, {
          kind: 'org_remove_team_member',
          account: organization,
          actor: by,
          metadata: { member: username, team: teamName },
        })
      })
    },
  }
}
