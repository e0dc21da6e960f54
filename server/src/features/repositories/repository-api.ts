import { z } from 'zod'

import {
  changeRepoState,
  changeRepoVisibility,
  createRepo,
  deleteRepository,
  getRepo,
  listRepos,
  updateRepo,
} from '../../contract/repositories.ts'
import { Problem } from '../../problem.ts'
import { reaches, type AccessService } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import { route, type ApiCaller, type ApiRoute } from '../api/api-call.ts'
import { refusal } from '../api/authorize-service.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDate } from '../api/wire-date.ts'
import { isIndexMediaType } from '../manifests/manifest-media-types.ts'
import type { QuotaReports } from '../quota/quota-report-service.ts'
import type { RepositoryListService } from './repository-list-service.ts'
import { parseRepositoryName, type RepositoryNameRules } from './repository-name.ts'
import type { RepositoryService } from './repository-service.ts'
import type { RepositoryRow } from './repository-store.ts'
import { subjectOf } from './repository-subject.ts'
import type { NewestTag } from './repository-summary-store.ts'
import type { StarService } from './star-service.ts'
import type { createStatusTokens } from './status-token.ts'

const pageSize = 100
const list = 'repositories'

export function repositoryApi({
  repositories,
  lists,
  stars,
  accounts,
  access,
  pageTokens,
  statusTokens,
  quota,
  names,
}: {
  repositories: RepositoryService
  lists: RepositoryListService
  stars: StarService
  accounts: AccountService
  access: AccessService
  pageTokens: PageTokens
  statusTokens: ReturnType<typeof createStatusTokens>
  quota: Pick<QuotaReports, 'ofRepositories'>
  names: RepositoryNameRules
}): readonly ApiRoute[] {
  /** The page of ids that a list is asked for. */
  async function findPage(
    { principal }: ApiCaller,
    query: z.output<(typeof listRepos)['query'] & z.ZodObject>,
    after: number,
  ) {
    const sight = access.sightOf(principal)
    if (query.starred) {
      if (principal.kind === 'anonymous') {
        throw new Problem('rule-violated', { message: 'starred requires a login' })
      }
      return stars.page(principal.id, sight, after, pageSize)
    }
    const narrowed = { ...sight, publicOnes: sight.publicOnes && (query.public ?? false) }
    if (!query.namespace) return lists.page(narrowed, after, pageSize)
    const namespace = await accounts.findNamespace(query.namespace)
    if (namespace === undefined) return { ids: [] }
    const isAdmin = await access.isNamespaceAdmin(principal, namespace)
    return lists.pageOfNamespace(namespace.id, narrowed, { after, size: pageSize, isAdmin })
  }

  return [
    route(createRepo, async ({ body, caller, actor }) => {
      const { principal } = caller
      const own = principal.kind === 'anonymous' ? undefined : principal.username
      const namespaceName = body.namespace ?? own
      if (namespaceName === undefined) {
        throw new Problem('request-invalid', {
          message: 'Must provide a namespace or must be logged in.',
        })
      }
      const namespace = await accounts.findNamespace(namespaceName)
      if (namespace === undefined) {
        if (!access.hasFullAccess(principal)) throw refusal(principal)
        throw new Problem('request-invalid', { message: 'Could not create repository' })
      }
      if (!(await access.mayCreateIn(principal, namespace))) throw refusal(principal)
      const name = parseRepositoryName(`${namespaceName}/${body.repository}`, names)
      await repositories.create(
        { name, namespace, visibility: body.visibility, description: body.description },
        actor,
      )
      return { namespace: name.namespace, name: name.name, kind: 'image' as const }
    }),

    route(listRepos, async ({ query, caller }) => {
      if (!query.namespace && !query.starred && !query.public) {
        throw new Problem('request-invalid', {
          message: 'namespace, starred or public are required for this API call',
        })
      }
      if (query.repo_kind !== undefined && query.repo_kind !== 'image') return { repositories: [] }
      const after = pageTokens.open(list, query.next_page, z.int()) ?? 0
      const page = await findPage(caller, query, after)
      const rows = await lists.rows(page.ids)
      const changed = query.last_modified ? await lists.lastModified(page.ids) : undefined
      const starred =
        caller.kind === 'anonymous' ? undefined : await stars.filter(caller.account.id, page.ids)
      const report = await quota.ofRepositories(page.ids)
      return {
        repositories: rows.map((row) => ({
          ...present(row),
          ...(changed && { last_modified: seconds(changed.get(row.id)) }),
          ...(query.popularity && { popularity: row.popularity }),
          ...(starred && { is_starred: starred.has(row.id) }),
          ...report(row.id),
        })),
        ...(page.next !== undefined && { next_page: pageTokens.seal(list, page.next) }),
      }
    }),

    route(getRepo, async ({ repository, namespace, role, query, caller }) => {
      const tags = query.includeTags === false ? [] : await lists.newestTags(repository.id)
      const isStarred =
        caller.kind !== 'anonymous' &&
        (await stars.filter(caller.account.id, [repository.id])).has(repository.id)
      const isPublic = repository.visibility === 'public'
      return {
        ...present(repository),
        is_organization: namespace.organization === 1,
        is_starred: isStarred,
        status_token: isPublic ? '' : statusTokens.of(repository.id),
        trust_enabled: false as const,
        tag_expiration_s: namespace.removed_tag_expiration_s,
        is_free_account: true as const,
        ...(query.includeTags !== false && {
          tags: Object.fromEntries(tags.map((tag) => [tag.name, presentTag(tag)])),
        }),
        can_write: repository.state === 'NORMAL' && reaches(role, 'write'),
        can_admin: reaches(role, 'admin') || access.isGlobalReader(caller.principal),
        ...(query.includeStats && { stats: await lists.dailyActions(repository.id) }),
      }
    }),

    route(updateRepo, async ({ repository, body, actor }) => {
      await repositories.setDescription(repository, body.description, actor)
      return { success: true as const }
    }),

    route(deleteRepository, async ({ repository, actor }) => {
      await repositories.delete(repository, actor)
      return undefined
    }),

    route(changeRepoVisibility, async ({ repository, body, actor }) => {
      await repositories.setVisibility(repository, body.visibility, actor)
      return { success: true as const }
    }),

    route(changeRepoState, async ({ repository, body, actor }) => {
      await repositories.setState(repository, body.state, actor)
      return { success: true as const }
    }),
  ]
}

function present(repository: RepositoryRow) {
  const { namespace, repo } = subjectOf(repository).about
  return {
    namespace,
    name: repo,
    description: repository.description,
    is_public: repository.visibility === 'public',
    kind: repository.kind,
    // Whoever is marked for deletion is found by nobody.
    state: repository.state as Exclude<RepositoryRow['state'], 'MARKED_FOR_DELETION'>,
  }
}

function presentTag(tag: NewestTag) {
  const { name, lifetime_start_ms, lifetime_end_ms } = tag
  return {
    name,
    // What an index refers to has sizes of its own.
    size: isIndexMediaType(tag.media_type) ? null : tag.layers_size,
    last_modified: wireDate(lifetime_start_ms),
    manifest_digest: tag.digest,
    ...(lifetime_end_ms !== null && { expiration: wireDate(lifetime_end_ms) }),
  }
}

function seconds(instant: number | undefined): number | null {
  return instant === undefined ? null : Math.floor(instant / 1_000)
}
