import type { FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { AccessService } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Principal } from '../accounts/principal.ts'
import { accountSearchStore, type FoundTeam } from './account-search-store.ts'

export type AccountSearchService = ReturnType<typeof createAccountSearchService>

export interface Entities {
  readonly teams: readonly FoundTeam[]
  readonly accounts: readonly AccountRow[]
  readonly organization?: AccountRow
  /** Present where the namespace that was named is an organization. */
  readonly members?: ReadonlySet<number>
}

const entitiesAtMost = 10
const robotsAtMost = 5

/** Finds people, robots, teams and organizations, as far as somebody may know of them. */
export function createAccountSearchService({
  db,
  accounts,
  access,
  config,
}: {
  db: Db
  accounts: AccountService
  access: AccessService
  config: { readonly features: Pick<FeatureConfig, 'partialUserAutocomplete'> }
}) {
  const store = accountSearchStore(db)

  const mayAll = (principal: Principal) =>
    access.hasFullAccess(principal) || access.isGlobalReader(principal)

  const isInsider = async (principal: Principal, namespace: AccountRow) =>
    mayAll(principal) || (await access.teamRoleIn(principal, namespace)) !== 'none'

  /** Itself first, then its like: only itself unless people may be found by a part of their name. */
  async function findPeople(prefix: string): Promise<AccountRow[]> {
    const exact = await accounts.find(prefix)
    const isPerson = exact?.organization === 0 && exact.robot === 0 && exact.enabled === 1
    const others = config.features.partialUserAutocomplete
      ? await store.listNamespaces(prefix, { organizations: false, limit: entitiesAtMost })
      : []
    return [...(isPerson ? [exact] : []), ...others.filter(({ id }) => id !== exact?.id)]
  }

  /** Robots are found by their short name, and by their whole name. */
  async function findRobots(namespace: AccountRow, prefix: string): Promise<AccountRow[]> {
    const whole = `${namespace.username}+`
    return store.listRobots(prefix.startsWith(whole) ? prefix : whole + prefix, entitiesAtMost)
  }

  return {
    /** For pickers: who can be granted something in a namespace. */
    async findEntities(
      principal: Principal,
      prefix: string,
      wanted: {
        readonly namespace?: string | undefined
        readonly teams: boolean
        readonly organizations: boolean
      },
    ): Promise<Entities> {
      if (prefix === '') return { teams: [], accounts: [] }
      const namespace =
        wanted.namespace === undefined ? undefined : await accounts.findNamespace(wanted.namespace)
      const organization = namespace?.organization === 1 ? namespace : undefined
      const inside = namespace && (await isInsider(principal, namespace)) ? namespace : undefined
      const teams =
        inside && organization && wanted.teams
          ? await store.listTeams(organization.id, prefix, entitiesAtMost)
          : []
      const robots = inside ? await findRobots(inside, prefix) : []
      const people = await findPeople(prefix)
      const room = Math.max(entitiesAtMost - people.length, Math.min(robots.length, robotsAtMost))
      const found = [...people.slice(0, entitiesAtMost - Math.min(room, robots.length)), ...robots]
      const listed = found.slice(0, entitiesAtMost)
      const isNamed =
        wanted.organizations &&
        inside !== undefined &&
        organization?.username.startsWith(prefix) === true
      return {
        teams,
        accounts: listed,
        ...(isNamed && { organization }),
        ...(organization && {
          members: await store.membersAmong(
            organization.id,
            listed.map(({ id }) => id),
          ),
        }),
      }
    },

    /** People and organizations whose name begins so. */
    async findNamespaces(prefix: string, limit: number): Promise<AccountRow[]> {
      const people = config.features.partialUserAutocomplete
      const found = await store.listNamespaces(prefix, { organizations: true, limit })
      return people
        ? found
        : found.filter((row) => row.organization === 1 || row.username === prefix)
    },

    /** Of namespaces that the caller administers. */
    async findOwnRobots(
      principal: Principal,
      prefix: string,
      limit: number,
    ): Promise<AccountRow[]> {
      if (principal.kind !== 'user') return []
      const robots = prefix.includes('+')
        ? await store.listRobots(prefix, limit)
        : [
            ...(await store.listRobots(`${principal.username}+${prefix}`, limit)),
            ...(await store.listAdministeredRobots(principal.id, prefix, limit)),
          ]
      const allowed = await keep(robots, async ({ username }) => {
        const owner = await accounts.findNamespace(username.slice(0, username.indexOf('+')))
        return owner !== undefined && access.isNamespaceAdmin(principal, owner)
      })
      return allowed.slice(0, limit)
    },

    /** With their organizations. */
    async findOwnTeams(principal: Principal, prefix: string, limit: number) {
      if (principal.kind !== 'user') return []
      const teams = await store.listOwnTeams(principal.id, prefix, limit)
      const organizations = await store.listByIds(teams.map((team) => team.organization_id))
      const byId = new Map(organizations.map((row) => [row.id, row]))
      const found = teams.flatMap(({ name, organization_id }) => {
        const organization = byId.get(organization_id)
        return organization?.enabled === 1 ? [{ name, organization }] : []
      })
      return keep(found, ({ organization }) => isInsider(principal, organization))
    },

    listByIds: (ids: readonly number[]): Promise<AccountRow[]> => store.listByIds(ids),
  }
}

async function keep<T>(all: readonly T[], test: (one: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = []
  for (const one of all) if (await test(one)) kept.push(one)
  return kept
}
