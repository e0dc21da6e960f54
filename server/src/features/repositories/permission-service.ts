import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import { splitRobotName } from '../accounts/account-names.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import { teamStore, type TeamRow } from '../accounts/team-store.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { permissionStore, type RepositoryRole } from './permission-store.ts'
import type { RepositoryRow } from './repository-store.ts'
import { subjectOf } from './repository-subject.ts'

const listedAtMost = 10_000
const noUserPermission = 'User does not have permission for repo.'
const noTeamPermission = 'Team does not have permission for repo.'

/** Who has which role on a repository. */
export function createPermissionService({ db, audit }: { db: Db; audit: AuditLog }) {
  /** @throws Problem `account-unknown`, `request-invalid` */
  async function getGrantee(tx: Db, repository: RepositoryRow, username: string) {
    const { username: namespace } = subjectOf(repository).account
    if (username === namespace) {
      throw new Problem('request-invalid', { message: 'Namespace owner must always be admin.' })
    }
    const account = await accountStore(tx).find(username)
    if (!account || account.organization === 1) {
      throw new Problem('account-unknown', { username, message: `Invalid username: ${username}` })
    }
    const robot = account.robot === 1 ? splitRobotName(username) : undefined
    if (robot && robot.namespace !== namespace) {
      throw new Problem('request-invalid', {
        username,
        message: `Cannot add robot ${username} under namespace ${namespace}`,
      })
    }
    return account
  }

  const findTeam = (tx: Db, repository: RepositoryRow, name: string) =>
    teamStore(tx).find(repository.namespace_user_id, name)

  return {
    listUserGrants: (repository: RepositoryRow) =>
      permissionStore(db).listUsers(repository, listedAtMost),

    listTeamGrants: (repository: RepositoryRow) =>
      permissionStore(db).listTeams(repository.id, listedAtMost),

    /** @throws Problem `rule-violated` when there is none */
    async getUserGrant(repository: RepositoryRow, username: string) {
      const grant = await permissionStore(db).findUser(repository, username)
      if (grant) return grant
      throw new Problem('rule-violated', { username, message: noUserPermission })
    },

    /** @throws Problem `rule-violated` when there is none */
    async getTeamGrant(repository: RepositoryRow, teamName: string): Promise<RepositoryRole> {
      const team = await findTeam(db, repository, teamName)
      const role = team && (await permissionStore(db).findTeam(repository.id, team.id))
      if (role) return role
      throw new Problem('rule-violated', { team: teamName, message: noTeamPermission })
    },

    /** One role for each grant of the account and of its teams. @throws Problem `not-found` */
    async listTransitiveRoles(
      repository: RepositoryRow,
      username: string,
    ): Promise<RepositoryRole[]> {
      const account = await accountStore(db).find(username)
      const roles =
        account === undefined
          ? []
          : await permissionStore(db).grantedRoles(account.id, repository.id)
      if (roles.length === 0) throw new Problem('not-found', { username })
      return roles
    },

    /** To a person, or to a robot of the same namespace. */
    async grantUser(
      repository: RepositoryRow,
      username: string,
      role: RepositoryRole,
      by: Actor,
    ): Promise<AccountRow> {
      const { repositoryId, account, about } = subjectOf(repository)
      return db.transaction().execute(async (tx) => {
        const grantee = await getGrantee(tx, repository, username)
        await permissionStore(tx).grant(repository.id, { userId: grantee.id }, role)
        await audit.recordIn(tx, {
          kind: 'change_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { username, ...about, role },
        })
        return grantee
      })
    },

    async revokeUser(repository: RepositoryRow, username: string, by: Actor): Promise<void> {
      const { repositoryId, account, about } = subjectOf(repository)
      if (username === account.username) {
        throw new Problem('request-invalid', { message: 'Namespace owner must always be admin.' })
      }
      await db.transaction().execute(async (tx) => {
        const grantee = await accountStore(tx).find(username)
        const revoked =
          grantee !== undefined &&
          (await permissionStore(tx).revoke(repository.id, { userId: grantee.id }))
        if (!revoked) throw new Problem('request-invalid', { username, message: noUserPermission })
        await audit.recordIn(tx, {
          kind: 'delete_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { username, ...about },
        })
      })
    },

    async grantTeam(
      repository: RepositoryRow,
      teamName: string,
      role: RepositoryRole,
      by: Actor,
    ): Promise<TeamRow> {
      const { repositoryId, account, about } = subjectOf(repository)
      return db.transaction().execute(async (tx) => {
        const team = await findTeam(tx, repository, teamName)
        if (!team) {
          const message = `No team ${teamName} in organization ${account.username}`
          throw new Problem('request-invalid', { team: teamName, message })
        }
        await permissionStore(tx).grant(repository.id, { teamId: team.id }, role)
        await audit.recordIn(tx, {
          kind: 'change_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { team: teamName, repo: about.repo, role },
        })
        return team
      })
    },

    async revokeTeam(repository: RepositoryRow, teamName: string, by: Actor): Promise<void> {
      const { repositoryId, account, about } = subjectOf(repository)
      await db.transaction().execute(async (tx) => {
        const team = await findTeam(tx, repository, teamName)
        const revoked =
          team !== undefined &&
          (await permissionStore(tx).revoke(repository.id, { teamId: team.id }))
        if (!revoked) {
          throw new Problem('request-invalid', { team: teamName, message: noTeamPermission })
        }
        await audit.recordIn(tx, {
          kind: 'delete_repo_permission',
          account,
          actor: by,
          repositoryId,
          metadata: { team: teamName, repo: about.repo },
        })
      })
    },
  }
}
