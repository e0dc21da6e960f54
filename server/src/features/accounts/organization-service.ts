import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { requireEmail, requireNewNamespace } from './account-names.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { requireUnreservedName } from './namespace-deletion-service.ts'
import { requireFreeAddress, type AddressRules } from './organization-address-service.ts'
import { createTeamService, type NewTeam, type TeamRules } from './team-service.ts'
import { teamStore, type TeamRow } from './team-store.ts'

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
  config: Pick<Config, 'defaultTagExpirationMs'> & AddressRules & TeamRules
}) {
  const teams = createTeamService({ db, audit, config })

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
        if (email !== null) await requireFreeAddress(tx, email, config)
        const account = await accountStore(tx).insert({
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
        const owners = await teamStore(tx).insert({
          organizationId: account.id,
          name: 'owners',
          role: 'admin',
          description: '',
        })
        if (owners) await teamStore(tx).addMember(owners.id, creatorId)
        await audit.recordIn(tx, {
          kind: 'org_create',
          account,
          actor: by,
          metadata: { namespace: name, email },
        })
        return account
      })
    },

    createTeam: (organization: AccountRow, team: NewTeam, by: Actor): Promise<TeamRow> =>
      teams.create(organization, team, by),

    /** A person, or a robot of this organization. */
    async addTeamMember(organization: AccountRow, teamName: string, username: string, by: Actor) {
      await db.transaction().execute(async (tx) => {
        const team = await teams.getIn(tx, organization, teamName)
        const account = await teams.getCandidate(tx, organization, username)
        await teams.addMember(tx, organization, team, account, by)
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
        const team = await teams.getIn(tx, organization, teamName)
        const account = await teams.getCandidate(tx, organization, username)
        await teams.removeMember(tx, organization, team, account, by)
      })
    },
  }
}
