import { setImmediate } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { splitRobotName } from './account-names.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { memberStore, type AccountFace } from './member-store.ts'
import { keepAdmins } from './organization-admins-service.ts'
import { teamOverviewStore } from './team-overview-store.ts'

export type MemberService = ReturnType<typeof createMemberService>

export interface Member extends AccountFace {
  readonly teams: readonly string[]
  /** Those on which it has a role of its own. */
  readonly repositories: readonly string[]
}

const membersAtMost = 10_000
const grantsAtMost = 100_000
const batchSize = 200

/** Everybody who has to do with an organization, whichever team brought them. */
export function createMemberService({ db, audit }: { db: Db; audit: AuditLog }) {
  /** With their teams and grants, a batch at a time, so that nobody waits for a large list. */
  async function describe(
    organization: Pick<AccountRow, 'id'>,
    accounts: readonly AccountFace[],
  ): Promise<Member[]> {
    const members: Member[] = []
    for await (const batch of batches(accounts)) {
      const teams = gather(
        await teamOverviewStore(db).listTeamsOf(organization.id, idsOf(batch)),
        ({ name }) => name,
      )
      const repositories = await repositoriesOf(organization, batch)
      members.push(
        ...batch.map((account) => ({
          ...account,
          teams: teams.get(account.id) ?? [],
          repositories: repositories.get(account.id) ?? [],
        })),
      )
    }
    return members
  }

  const repositoriesOf = ({ id }: Pick<AccountRow, 'id'>, accounts: readonly AccountFace[]) =>
    teamOverviewStore(db).listRepositoriesOf(id, idsOf(accounts), grantsAtMost)

  async function findPerson(tx: Db, username: string): Promise<AccountRow> {
    const account = await accountStore(tx).find(username)
    if (account?.organization === 0 && account.robot === 0) return account
    throw new Problem('not-found', { username })
  }

  return {
    describe,

    /** People in any team, by name. */
    async list(organization: AccountRow): Promise<Member[]> {
      return describe(
        organization,
        await memberStore(db).listPeople(organization.id, membersAtMost),
      )
    },

    /** A member, or a robot of the organization. @throws Problem `not-found` */
    async get(organization: AccountRow, username: string): Promise<Member> {
      const account = await accountStore(db).find(username)
      const [member] = account ? await describe(organization, [account]) : []
      const robot = account?.robot === 1 ? splitRobotName(username) : undefined
      const belongs = robot?.namespace === organization.username || (member?.teams.length ?? 0) > 0
      if (!member || !belongs) throw new Problem('not-found', { username })
      return member
    },

    /** Whoever is in no team, but has roles on repositories, with these, by name. */
    async listCollaborators(organization: AccountRow): Promise<Omit<Member, 'teams'>[]> {
      const outsiders = await memberStore(db).listOutsiders(organization.id, membersAtMost)
      const collaborators: Omit<Member, 'teams'>[] = []
      for await (const batch of batches(outsiders)) {
        const repositories = await repositoriesOf(organization, batch)
        for (const account of batch) {
          const names = repositories.get(account.id)
          if (names !== undefined) collaborators.push({ ...account, repositories: names })
        }
      }
      return collaborators
    },

    /**
     * Out of every team, and without grants; default permissions that name the account stay.
     * @throws Problem `not-found`, `rule-violated` for the only admin
     */
    async remove(organization: AccountRow, username: string, by: Actor): Promise<void> {
      const message = 'Cannot remove user as they are the only organization admin'
      await db.transaction().execute(async (tx) => {
        const account = await findPerson(tx, username)
        const store = memberStore(tx)
        let teams: string[] = []
        const leave = async () => {
          teams = await store.removeFromTeams(organization.id, account.id)
        }
        // Whoever is not the only admin may leave on their own.
        await keepAdmins(tx, organization.id, { principal: 'system' }, leave, {
          own: message,
          last: message,
        })
        await store.revokeGrants(organization.id, account.id)
        for (const team of teams) {
          await audit.recordIn(tx, {
            kind: 'org_remove_team_member',
            account: organization,
            actor: by,
            metadata: { member: username, team },
          })
        }
      })
    },
  }
}

const idsOf = (accounts: readonly AccountFace[]) => accounts.map(({ id }) => id)

/** SQLite answers within the turn of the event loop, so between two batches others get theirs. */
async function* batches<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < all.length; from += batchSize) {
    if (from > 0) await setImmediate()
    yield all.slice(from, from + batchSize)
  }
}

function gather<Row extends { readonly accountId: number | null }>(
  rows: readonly Row[],
  valueOf: (row: Row) => string,
): Map<number, string[]> {
  const gathered = new Map<number, string[]>()
  for (const row of rows) {
    if (row.accountId === null) continue
    const values = gathered.get(row.accountId)
    if (values) values.push(valueOf(row))
    else gathered.set(row.accountId, [valueOf(row)])
  }
  return gathered
}
