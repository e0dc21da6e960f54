import {
  conductRepoSearch,
  conductSearch,
  getMatchingEntities,
  linkExternalUser,
} from '../../contract/search.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { RepositoryListService } from '../repositories/repository-list-service.ts'
import type { AccountSearchService } from './account-search-service.ts'
import { shortNameOf, type Hit, type RepositoryHit, type SearchService } from './search-service.ts'
import { parseNamePrefix } from './search-text.ts'

export function searchApi({
  search,
  people,
  lists,
  avatars,
}: {
  search: SearchService
  people: AccountSearchService
  lists: RepositoryListService
  avatars: Avatars
}): readonly ApiRoute[] {
  const presentNamespace = (account: AccountRow, score: number) => {
    const isOrganization = account.organization === 1
    return {
      kind: isOrganization ? ('organization' as const) : ('user' as const),
      title: isOrganization ? ('org' as const) : ('user' as const),
      avatar: avatars.of(account),
      name: account.username,
      score,
      href: hrefOf(account.username, isOrganization),
    }
  }

  const presentRepository = ({ repository, namespace, score }: RepositoryHit) => ({
    kind: 'repository' as const,
    title: 'repo' as const,
    namespace: presentNamespace(namespace, 1),
    name: repository.name,
    description: repository.description,
    is_public: repository.visibility === 'public',
    score,
    href: `/repository/${repository.full_name}`,
  })

  const presentRobot = (account: AccountRow, score: number) => {
    const owner = account.username.slice(0, account.username.indexOf('+'))
    return {
      kind: 'robot' as const,
      title: 'robot' as const,
      avatar: null,
      name: account.username,
      short_name: shortNameOf(account),
      score,
      href: `/organization/${owner}?tab=robots&showRobot=${account.username}`,
    }
  }

  const presentHit = (hit: Hit) => {
    switch (hit.kind) {
      case 'repository':
        return presentRepository(hit)
      case 'namespace':
        return presentNamespace(hit.account, hit.score)
      case 'robot':
        return presentRobot(hit.account, hit.score)
      case 'team':
        return {
          kind: 'team' as const,
          name: hit.name,
          organization: presentNamespace(hit.organization, 1),
          avatar: avatars.ofTeam(hit.name),
          score: hit.score,
          href: `/organization/${hit.organization.username}/teams/${hit.name}`,
        }
    }
  }

  return [
    // Accounts are kept here, in no directory that somebody could be linked to.
    route(linkExternalUser, () => Promise.reject(new Problem('route-unknown'))),

    route(getMatchingEntities, async ({ params, query, caller }) => {
      const found = await people.findEntities(caller.principal, parseNamePrefix(params.prefix), {
        namespace: query.namespace,
        teams: query.includeTeams ?? false,
        organizations: query.includeOrgs ?? false,
      })
      return {
        results: [
          ...found.teams.map(({ name }) => ({
            name,
            kind: 'team' as const,
            is_org_member: true,
            avatar: avatars.ofTeam(name),
          })),
          ...found.accounts.map((account) => ({
            name: account.username,
            kind: 'user' as const,
            is_robot: account.robot === 1,
            avatar: avatars.of(account),
            ...(found.members && {
              is_org_member: account.robot === 1 || found.members.has(account.id),
            }),
          })),
          ...(found.organization === undefined
            ? []
            : [
                {
                  name: found.organization.username,
                  kind: 'org' as const,
                  is_org_member: true,
                  avatar: avatars.of(found.organization),
                },
              ]),
        ],
      }
    }),

    route(conductSearch, async ({ query, caller }) => {
      const hits = await search.findAll(caller.principal, query.query ?? '')
      return { results: hits.map(presentHit) }
    }),

    route(conductRepoSearch, async ({ query, caller }) => {
      const found = await search.findRepositories(
        caller.principal,
        query.query ?? '',
        query.page ?? 1,
      )
      const ids = found.hits.map(({ repository }) => repository.id)
      const changed = query.includeUsage ? await lists.lastModified(ids) : undefined
      const stars = query.includeUsage ? await lists.starCounts(ids) : undefined
      return {
        results: found.hits.map((hit) => ({
          ...presentRepository(hit),
          ...(changed && { last_modified: seconds(changed.get(hit.repository.id)) }),
          ...(stars && {
            stars: stars.get(hit.repository.id) ?? 0,
            popularity: hit.repository.popularity,
          }),
        })),
        has_additional: found.hasMore,
        page: found.page,
        page_size: found.pageSize,
        start_index: found.startIndex,
      }
    }),
  ]
}

function hrefOf(name: string, isOrganization: boolean): string {
  return `/${isOrganization ? 'organization' : 'user'}/${name}`
}

function seconds(instant: number | undefined): number | null {
  return instant === undefined ? null : Math.floor(instant / 1_000)
}
