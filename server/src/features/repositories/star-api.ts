import { z } from 'zod'

import { createStar, deleteStar, listStarredRepos } from '../../contract/stars.ts'
import type { AccessService } from '../access/access-service.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import type { RepositoryListService } from './repository-list-service.ts'
import type { RepositoryService } from './repository-service.ts'
import { subjectOf } from './repository-subject.ts'
import type { StarService } from './star-service.ts'

const pageSize = 100
const list = 'starred repositories'

export function starApi({
  stars,
  repositories,
  lists,
  access,
  pageTokens,
}: {
  stars: StarService
  repositories: RepositoryService
  lists: RepositoryListService
  access: AccessService
  pageTokens: PageTokens
}): readonly ApiRoute[] {
  return [
    route(listStarredRepos, async ({ user, principal, query }) => {
      const after = pageTokens.open(list, query.next_page, z.int()) ?? 0
      const page = await stars.page(user.id, access.sightOf(principal), after, pageSize)
      const rows = await lists.rows(page.ids)
      return {
        repositories: rows.map((row) => {
          const { namespace, repo } = subjectOf(row).about
          return {
            namespace,
            name: repo,
            description: row.description,
            is_public: row.visibility === 'public',
          }
        }),
        ...(page.next !== undefined && { next_page: pageTokens.seal(list, page.next) }),
      }
    }),

    route(createStar, async ({ user, principal, body }) => {
      const repository = await repositories.find(`${body.namespace}/${body.repository}`)
      if (repository === undefined || (await access.roleOn(principal, repository)) === 'none') {
        return reply(200, null)
      }
      await stars.star(user.id, repository.id)
      const { namespace, repo } = subjectOf(repository).about
      return reply(201, { namespace, repository: repo })
    }),

    route(deleteStar, async ({ user, principal, params }) => {
      const repository = await repositories.find(params.repository)
      if (repository === undefined) return reply(200, null)
      const wasStarred = await stars.unstar(user.id, repository.id)
      const isSeen = wasStarred || (await access.roleOn(principal, repository)) !== 'none'
      return isSeen ? reply(204, undefined) : reply(200, null)
    }),
  ]
}
