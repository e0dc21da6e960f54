import type { Db } from '../../db/tables.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import { memberStore, type AccountFace } from '../accounts/member-store.ts'
import { teamOverviewStore, type TeamOverview } from '../accounts/team-overview-store.ts'
import type { TeamRole } from '../accounts/team-store.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { prototypeStore, type PrototypeRow } from '../prototypes/prototype-store.ts'
import type { RepositoryRole } from '../repositories/permission-store.ts'
import { pageOf, type ListPage, type ListWish, type SortKey } from './list-page.ts'
import { memberRowStore, type ListedRobot } from './member-row-store.ts'
import { naturalKey } from './natural-key.ts'

export type MemberRows = ReturnType<typeof createMemberRows>

export const teamColumns = ['name', 'members', 'repositories', 'role'] as const
export const memberColumns = ['name', 'repositories'] as const
export const robotColumns = ['name', 'created', 'last_accessed', 'teams', 'repositories'] as const
export const prototypeColumns = ['creator', 'delegate', 'role'] as const

type Wish<Columns extends readonly string[]> = ListWish<Columns[number]> & {
  readonly search?: string | undefined
}

export interface MemberRow extends AccountFace {
  readonly teams: readonly string[]
  readonly repositoryCount: number
  readonly repositoryNames: readonly string[]
}

export interface RobotRow extends ListedRobot {
  readonly teams: number
  readonly repositories: number
}

/** Of anything in a namespace; a namespace has no more that somebody could look at. */
const listedAtMost = 10_000
const namesShown = 10

/** Teams, people, robots and default permissions of a namespace, sorted and counted. */
export function createMemberRows({ db, pageTokens }: { db: Db; pageTokens: PageTokens }) {
  const store = memberRowStore(db)
  const overview = teamOverviewStore(db)

  /** Everything is here already. */
  function cut<Row, Columns extends readonly [string, ...string[]]>(
    { list, columns, keyOf, idOf, order = {} }: ShortList<Row, Columns>,
    rows: readonly Row[],
    wish: Wish<Columns>,
  ): Promise<ListPage<Row, Columns[number]>> {
    const source = {
      ...{ list, columns, keyOf, idOf, order, sort: columns[0] },
      count: (most: number) => Promise.resolve(Math.min(rows.length, most)),
      all: () => Promise.resolve(rows),
    }
    return pageOf<Row, Columns[number]>(source, wish, pageTokens)
  }

  /** Accounts with what they hold in a namespace, of the page only. */
  async function people(
    organization: AccountRow,
    list: string,
    accounts: readonly AccountFace[],
    wish: Wish<typeof memberColumns>,
  ): Promise<ListPage<MemberRow, (typeof memberColumns)[number]>> {
    const all = wish.sort === 'repositories' ? await store.grantCounts(organization.id) : undefined
    const { rows, about } = await cut(
      {
        list: `${list} ${String(organization.id)}`,
        columns: memberColumns,
        order: { repositories: 'desc' },
        keyOf: ({ id, username }, column) =>
          column === 'name' ? naturalKey(username) : (all?.get(id) ?? 0),
        idOf: ({ username }) => username,
      },
      accounts.filter(({ username }) => contains(username, wish.search)),
      wish,
    )
    const ids = rows.map(({ id }) => id)
    const counts = await store.grantCountsOf(organization.id, ids)
    const names = await overview.listRepositoriesOf(organization.id, ids, namesShown)
    const teams = Map.groupBy(
      await overview.listTeamsOf(organization.id, ids),
      ({ accountId }) => accountId,
    )
    return {
      rows: rows.map((row) => ({
        ...row,
        teams: (teams.get(row.id) ?? []).map(({ name }) => name),
        repositoryCount: counts.get(row.id) ?? 0,
        repositoryNames: names.get(row.id) ?? [],
      })),
      about,
    }
  }

  return {
    async teams(
      organization: AccountRow,
      viewerId: number | null,
      wish: Wish<typeof teamColumns> & { readonly role?: TeamRole | undefined },
    ): Promise<ListPage<TeamOverview, (typeof teamColumns)[number]>> {
      const teams = await overview.list(organization.id, viewerId, listedAtMost)
      return cut(
        {
          list: `teams ${String(organization.id)}`,
          columns: teamColumns,
          order: { members: 'desc', repositories: 'desc' },
          keyOf: (team, column) => (column === 'name' ? naturalKey(team.name) : team[column]),
          idOf: ({ name }) => name,
        },
        teams.filter(
          ({ name, role }) => contains(name, wish.search) && (wish.role ?? role) === role,
        ),
        wish,
      )
    },

    async members(
      organization: AccountRow,
      wish: Wish<typeof memberColumns> & { readonly team?: string | undefined },
    ) {
      const found = await store.people(organization.id, wish.team, listedAtMost)
      return people(organization, 'members', found, wish)
    },

    async collaborators(organization: AccountRow, wish: Wish<typeof memberColumns>) {
      const found = await memberStore(db).listOutsiders(organization.id, listedAtMost)
      return people(organization, 'collaborators', found, wish)
    },

    async robots(
      namespace: AccountRow,
      wish: Wish<typeof robotColumns>,
    ): Promise<ListPage<RobotRow, (typeof robotColumns)[number]>> {
      const robots = await store.robots(namespace.id, listedAtMost)
      const teams = await store.teamCounts(namespace.id)
      const grants = await store.grantCounts(namespace.id)
      const short = (username: string) => username.slice(username.indexOf('+') + 1)
      return cut(
        {
          list: `robots ${String(namespace.id)}`,
          columns: robotColumns,
          order: { created: 'desc', last_accessed: 'desc', teams: 'desc', repositories: 'desc' },
          keyOf: (robot, column): SortKey => {
            switch (column) {
              case 'name':
                return naturalKey(robot.username)
              case 'created':
                return robot.created_at
              case 'last_accessed':
                return robot.last_accessed ?? 0
              case 'teams':
              case 'repositories':
                return robot[column]
            }
          },
          idOf: ({ username }) => username,
        },
        robots
          .filter(({ username }) => contains(short(username), wish.search))
          .map((robot) => ({
            ...robot,
            teams: teams.get(robot.id) ?? 0,
            repositories: grants.get(robot.id) ?? 0,
          })),
        wish,
      )
    },

    async prototypes(
      organization: AccountRow,
      wish: Wish<typeof prototypeColumns> & { readonly role?: RepositoryRole | undefined },
    ): Promise<ListPage<PrototypeRow, (typeof prototypeColumns)[number]>> {
      const rules = await prototypeStore(db).list(organization.id, listedAtMost)
      return cut(
        {
          list: `prototypes ${String(organization.id)}`,
          columns: prototypeColumns,
          keyOf: (rule, column) => {
            if (column === 'role') return rule.role
            return naturalKey(column === 'creator' ? creatorOf(rule) : delegateOf(rule))
          },
          idOf: ({ id }) => id,
        },
        rules.filter(
          (rule) =>
            (contains(creatorOf(rule), wish.search) || contains(delegateOf(rule), wish.search)) &&
            (wish.role ?? rule.role) === rule.role,
        ),
        wish,
      )
    },
  }
}

interface ShortList<Row, Columns extends readonly string[]> {
  readonly list: string
  readonly columns: Columns
  readonly order?: Partial<Readonly<Record<Columns[number], 'asc' | 'desc'>>>
  readonly keyOf: (row: Row, column: Columns[number]) => SortKey
  readonly idOf: (row: Row) => SortKey
}

function contains(name: string, search = ''): boolean {
  return name.toLowerCase().includes(search.trim().toLowerCase())
}

/** Empty for whoever creates something. */
function creatorOf({ activating }: PrototypeRow): string {
  return activating?.username ?? ''
}

function delegateOf({ delegate }: PrototypeRow): string {
  return 'team' in delegate ? delegate.team : delegate.username
}
