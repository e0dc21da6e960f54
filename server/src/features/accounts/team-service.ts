import type { FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { namespaceFault, splitRobotName } from './account-names.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import type { AccountFace } from './member-store.ts'
import { keepAdmins } from './organization-admins-service.ts'
import { teamOverviewStore, type HeldPermission, type TeamOverview } from './team-overview-store.ts'
import { teamStore, type TeamRole, type TeamRow } from './team-store.ts'
import { teamSyncStore } from './team-sync-store.ts'

export type TeamService = ReturnType<typeof createTeamService>

export interface TeamRules {
  readonly features: Pick<FeatureConfig, 'teamSyncing'>
}

export interface NewTeam {
  readonly name: string
  readonly role: TeamRole
  readonly description?: string | undefined
}

const listedAtMost = 10_000

/** Teams of organizations and who is in them. Who may change them is decided before. */
export function createTeamService({
  db,
  audit,
  config,
}: {
  db: Db
  audit: AuditLog
  config: TeamRules
}) {
  async function get(tx: Db, organization: AccountRow, name: string): Promise<TeamRow> {
    const team = await teamStore(tx).find(organization.id, name)
    if (!team) throw new Problem('not-found', { team: name })
    return team
  }

  /** The members of a synced team come from the directory, but for its robots. */
  async function requireOpen(tx: Db, team: TeamRow, isRobot: boolean): Promise<void> {
    if (!config.features.teamSyncing || isRobot) return
    if (!(await teamSyncStore(tx).isSynced(team.id))) return
    throw new Problem('request-invalid', {
      team: team.name,
      message: 'Cannot call this method on an auth-synced team',
    })
  }

  /** Somebody who can be in a team: a person, or a robot of the organization. */
  async function getCandidate(tx: Db, organization: AccountRow, username: string) {
    const account = await accountStore(tx).find(username)
    if (account?.organization !== 0) {
      throw new Problem('account-unknown', { username, message: 'Unknown user' })
    }
    const robot = account.robot === 1 ? splitRobotName(username) : undefined
    if (robot && robot.namespace !== organization.username) {
      const message =
        'Cannot add the specified robot to this team, as it is not a member of the organization'
      throw new Problem('rule-violated', { username, message })
    }
    return account
  }

  async function insert(
    tx: Db,
    organization: AccountRow,
    { name, role, description = '' }: NewTeam,
    by: Actor,
  ): Promise<TeamRow | undefined> {
    requireTeamName(name)
    const organizationId = organization.id
    const team = await teamStore(tx).insert({ organizationId, name, role, description })
    if (!team) return undefined
    await audit.recordIn(tx, {
      kind: 'org_create_team',
      account: organization,
      actor: by,
      metadata: { team: name },
    })
    return team
  }

  /** Whoever is in no other admin team keeps this one as it is. */
  async function setRole(
    tx: Db,
    organization: AccountRow,
    team: TeamRow,
    role: TeamRole,
    by: Actor,
  ) {
    const message = `Cannot remove admin from team '${team.name}' because calling user would no longer have admin on org '${organization.username}'`
    await keepAdmins(tx, organization.id, by, () => teamStore(tx).setRole(team.id, role), {
      own: message,
      last: message,
    })
    await audit.recordIn(tx, {
      kind: 'org_set_team_role',
      account: organization,
      actor: by,
      metadata: { team: team.name, role },
    })
  }

  async function update(
    tx: Db,
    organization: AccountRow,
    team: TeamRow,
    { role, description = team.description }: NewTeam,
    by: Actor,
  ): Promise<TeamRow> {
    if (description !== team.description) {
      await teamStore(tx).setDescription(team.id, description)
      await audit.recordIn(tx, {
        kind: 'org_set_team_description',
        account: organization,
        actor: by,
        metadata: { team: team.name, description },
      })
    }
    if (role !== team.role) await setRole(tx, organization, team, role, by)
    return { ...team, role, description }
  }

  return {
    get: (organization: AccountRow, name: string): Promise<TeamRow> => get(db, organization, name),
    /** Within the caller's transaction. @throws Problem `not-found` */
    getIn: get,
    getCandidate,
    requireOpen,

    /** @throws Problem `rule-violated` for the name, `namespace-taken` */
    create(organization: AccountRow, team: NewTeam, by: Actor): Promise<TeamRow> {
      return db.transaction().execute(async (tx) => {
        const created = await insert(tx, organization, team, by)
        if (created) return created
        const message = `Team ${team.name} already exists`
        throw new Problem('namespace-taken', { name: team.name, message })
      })
    },

    /** @throws Problem `rule-violated` for the name, or when the caller would lose its admin team */
    createOrUpdate(organization: AccountRow, team: NewTeam, by: Actor) {
      return db.transaction().execute(async (tx) => {
        const found = await teamStore(tx).find(organization.id, team.name)
        const created = found ? undefined : await insert(tx, organization, team, by)
        if (created) return { team: created, isNew: true }
        const existing = found ?? (await get(tx, organization, team.name))
        return { team: await update(tx, organization, existing, team, by), isNew: false }
      })
    },

    /** @throws Problem `rule-violated` when it is not there, or its loss would cost an admin */
    async delete(organization: AccountRow, name: string, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const teams = teamStore(tx)
        const team = await teams.find(organization.id, name)
        if (!team) {
          const message = `Team '${name}' is not a team in org '${organization.username}'`
          throw new Problem('rule-violated', { team: name, message })
        }
        const message = `Deleting team '${name}' would remove admin ability for user '${nameOf(by)}' in organization '${organization.username}'`
        await keepAdmins(tx, organization.id, by, () => teams.delete(team.id), {
          own: message,
          last: message,
        })
        await audit.recordIn(tx, {
          kind: 'org_delete_team',
          account: organization,
          actor: by,
          metadata: { team: name },
        })
      })
    },

    /** Within the caller's transaction. @throws Problem `rule-violated` when it is a member already */
    async addMember(
      tx: Db,
      organization: AccountRow,
      team: TeamRow,
      account: AccountRow,
      by: Actor,
    ): Promise<void> {
      const { username } = account
      if (!(await teamStore(tx).addMember(team.id, account.id))) {
        const message = `User ${username} is already a member of team ${team.name}`
        throw new Problem('rule-violated', { username, team: team.name, message })
      }
      await audit.recordIn(tx, {
        kind: 'org_add_team_member',
        account: organization,
        actor: by,
        metadata: { member: username, team: team.name },
      })
    },

    /** Within the caller's transaction. The only admin of an organization stays. */
    async removeMember(
      tx: Db,
      organization: AccountRow,
      team: TeamRow,
      account: AccountRow,
      by: Actor,
    ): Promise<void> {
      const { username } = account
      await keepAdmins(
        tx,
        organization.id,
        by,
        async () => {
          if (await teamStore(tx).removeMember(team.id, account.id)) return
          const message = `User ${username} does not belong to team ${team.name}`
          throw new Problem('rule-violated', { username, team: team.name, message })
        },
        {
          own: 'User cannot remove themselves from their only admin team.',
          last: 'Cannot remove user as they are the only organization admin',
        },
      )
      await audit.recordIn(tx, {
        kind: 'org_remove_team_member',
        account: organization,
        actor: by,
        metadata: { member: username, team: team.name },
      })
    },

    list: (organization: AccountRow, viewerId: number | null): Promise<TeamOverview[]> =>
      teamOverviewStore(db).list(organization.id, viewerId, listedAtMost),

    listMembers: (team: TeamRow): Promise<AccountFace[]> =>
      teamStore(db).listMembers(team.id, listedAtMost),

    listPermissions: (team: TeamRow): Promise<HeldPermission[]> =>
      teamOverviewStore(db).listHeld({ teamId: team.id }, listedAtMost),

    isMember: (team: TeamRow, accountId: number): Promise<boolean> =>
      teamStore(db).isMember(team.id, accountId),

    /** No way of logging in that this registry has knows groups. @throws Problem `request-invalid` */
    enableSync(team: TeamRow): Promise<TeamRow> {
      const reason = 'Accounts of this registry are kept in its database, which has no groups'
      return Promise.reject(
        new Problem('request-invalid', {
          team: team.name,
          message: `Could not sync to group: ${reason}`,
        }),
      )
    },

    /** A team that is not synced stays as it is. */
    async disableSync(organization: AccountRow, team: TeamRow, by: Actor): Promise<TeamRow> {
      await db.transaction().execute(async (tx) => {
        if (!(await teamSyncStore(tx).delete(team.id))) return
        await audit.recordIn(tx, {
          kind: 'disable_team_sync',
          account: organization,
          actor: by,
          metadata: { team: team.name },
        })
      })
      return team
    },
  }
}

function requireTeamName(name: string): void {
  // Clients know the one text with the word "Namespace", and the other without.
  const fault = namespaceFault(name)?.replace('Namespace must be', 'Team must be')
  if (fault === undefined) return
  throw new Problem('rule-violated', { name, message: `Invalid team name ${name}: ${fault}` })
}

function nameOf({ principal }: Actor): string {
  return principal === 'system' || principal.kind === 'anonymous' ? '' : principal.username
}
