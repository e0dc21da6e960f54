import type { AccessService } from '../access/access-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Principal } from '../accounts/principal.ts'
import type { RepositoryListService } from '../repositories/repository-list-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { AccountSearchService } from './account-search-service.ts'
import { closeness } from './closeness.ts'
import type { Found, RepositorySearchService } from './repository-search-service.ts'
import { parseNamePrefix, parseSearchText } from './search-text.ts'

export type SearchService = ReturnType<typeof createSearchService>

export interface RepositoryHit {
  readonly kind: 'repository'
  readonly repository: RepositoryRow
  readonly namespace: AccountRow
  readonly score: number
}

export type Hit =
  | RepositoryHit
  | { readonly kind: 'namespace' | 'robot'; readonly account: AccountRow; readonly score: number }
  | {
      readonly kind: 'team'
      readonly name: string
      readonly organization: AccountRow
      readonly score: number
    }

export interface RepositoryPage {
  readonly hits: readonly RepositoryHit[]
  readonly page: number
  readonly pageSize: number
  readonly startIndex: number
  readonly hasMore: boolean
}

const eachAtMost = 5
const repositoryScore = 4
const teamScore = 2
/** The best few are picked from so many. */
const repositoriesLookedAt = 100

export function createSearchService({
  access,
  repositories,
  lists,
  accounts,
  config,
}: {
  access: AccessService
  repositories: RepositorySearchService
  lists: RepositoryListService
  accounts: AccountSearchService
  config: { readonly pageSize: number; readonly maxPages: number }
}) {
  async function toHits(found: readonly Found[]): Promise<RepositoryHit[]> {
    const rows = await lists.rows(found.map(({ id }) => id))
    const owners = await accounts.listByIds([...new Set(rows.map((row) => row.namespace_user_id))])
    const ownerById = new Map(owners.map((row) => [row.id, row]))
    const closenessById = new Map(found.map((one) => [one.id, one.closeness]))
    return rows.flatMap((repository) => {
      const namespace = ownerById.get(repository.namespace_user_id)
      if (namespace === undefined) return []
      const score = repositoryScore * (closenessById.get(repository.id) ?? 1)
      return [{ kind: 'repository' as const, repository, namespace, score }]
    })
  }

  return {
    /** Everything that somebody sees and that is called so, the best first. */
    async findAll(principal: Principal, query: string): Promise<Hit[]> {
      const text = parseSearchText(query)
      if (text === '') return []
      const prefix = parseNamePrefix(query)
      const sight = access.sightOf(principal)
      const found = await repositories.find(sight, text, repositoriesLookedAt)
      const hits: Hit[] = await toHits(found.slice(0, eachAtMost))
      if (prefix !== '') {
        for (const team of await accounts.findOwnTeams(principal, prefix, eachAtMost)) {
          hits.push({ kind: 'team', ...team, score: teamScore * closeness(team.name, prefix) })
        }
        for (const account of await accounts.findOwnRobots(principal, prefix, eachAtMost)) {
          const score = Math.max(
            closeness(account.username, prefix),
            closeness(shortNameOf(account), prefix),
          )
          hits.push({ kind: 'robot', account, score })
        }
        for (const account of await accounts.findNamespaces(prefix, eachAtMost)) {
          hits.push({ kind: 'namespace', account, score: closeness(account.username, prefix) })
        }
      }
      return hits.toSorted((a, b) => b.score - a.score)
    },

    /** Repositories by a part of their name or description; pages beyond the last one are the last. */
    async findRepositories(
      principal: Principal,
      query: string,
      asked: number,
    ): Promise<RepositoryPage> {
      const { pageSize, maxPages } = config
      const page = Math.min(Math.max(asked, 1), maxPages)
      const startIndex = (page - 1) * pageSize
      const found = await repositories.find(
        access.sightOf(principal),
        parseSearchText(query),
        pageSize * maxPages + 1,
      )
      const hits = await toHits(found.slice(startIndex, startIndex + pageSize))
      return {
        hits: hits.map((hit) => ({ ...hit, score: repositoryScore })),
        page,
        pageSize,
        startIndex,
        hasMore: page < maxPages && found.length > startIndex + pageSize,
      }
    },
  }
}

export function shortNameOf({ username }: Pick<AccountRow, 'username'>): string {
  return username.slice(username.indexOf('+') + 1)
}
