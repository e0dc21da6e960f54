import { searchEverything } from '../../contract/interface-search.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { GlobalSearch } from './global-search-service.ts'

const shown = 10
const descriptionShown = 200

/** The search box: a few of each kind. */
export function globalSearchApi({
  search,
  avatars,
}: {
  search: GlobalSearch
  avatars: Avatars
}): readonly ApiRoute[] {
  const account = (row: AccountRow) => ({ name: row.username, avatar: avatars.of(row) })

  return [
    route(searchEverything, async ({ caller, query }) => {
      const found = await search.find(caller.principal, query.q ?? '')
      const none = { repositories: [], tags: [], digests: [], labels: [] }
      if (found === undefined) {
        return { ...none, organizations: [], users: [], teams: [], robots: [], more: [] }
      }
      const { nameOf } = found
      const groups = {
        repositories: found.repositories.map(({ full_name, description, visibility }) => ({
          ...{ name: full_name, visibility },
          description: description?.slice(0, descriptionShown) ?? null,
        })),
        tags: found.tags.map(({ repository_id, name, digest }) => ({
          ...{ repository: nameOf(repository_id), name, digest },
        })),
        digests: found.digests.map(({ repository_id, digest, media_type, tags }) => ({
          ...{ repository: nameOf(repository_id), digest, media_type, tags },
        })),
        labels: found.labels.map(({ repository_id, digest, key, value }) => ({
          ...{ repository: nameOf(repository_id), digest, key, value },
        })),
        organizations: found.organizations.map(account),
        users: found.users.map(account),
        teams: found.teams.map(({ name, organization }) => ({
          ...{ name, avatar: avatars.ofTeam(name), organization: organization.username },
        })),
        robots: found.robots.map(account),
      }
      const kinds = Object.keys(groups) as (keyof typeof groups)[]
      return {
        repositories: groups.repositories.slice(0, shown),
        tags: groups.tags.slice(0, shown),
        digests: groups.digests.slice(0, shown),
        labels: groups.labels.slice(0, shown),
        organizations: groups.organizations.slice(0, shown),
        users: groups.users.slice(0, shown),
        teams: groups.teams.slice(0, shown),
        robots: groups.robots.slice(0, shown),
        more: kinds.filter(
          (kind) => groups[kind].length > shown || (kind === 'tags' && !found.sawAll),
        ),
      }
    }),
  ]
}
