import { permissionApi } from '../features/repositories/permission-api.ts'
import { repoTokenApi } from '../features/repositories/repo-token-api.ts'
import { repositoryApi } from '../features/repositories/repository-api.ts'
import { createRepositoryListService } from '../features/repositories/repository-list-service.ts'
import { starApi } from '../features/repositories/star-api.ts'
import { createStarService } from '../features/repositories/star-service.ts'
import { createStatusTokens } from '../features/repositories/status-token.ts'
import { createAccountSearchService } from '../features/search/account-search-service.ts'
import { createRepositorySearchService } from '../features/search/repository-search-service.ts'
import { searchApi } from '../features/search/search-api.ts'
import { createSearchService } from '../features/search/search-service.ts'
import type { Area, Foundation } from './area.ts'

/** Repositories, who may use them, and finding them. */
export function wireRepositories({ parts, people, avatars, pageTokens }: Foundation): Area {
  const { config, database, clock } = parts
  const { repositories, accounts, access } = people
  const lists = createRepositoryListService({ db: database.db, clock })
  const stars = createStarService({ db: database.db, clock })
  const names = {
    extended: config.features.extendedRepositoryNames,
    librarySupport: config.features.librarySupport,
    libraryNamespace: config.libraryNamespace,
  }
  const statusTokens = createStatusTokens(config.secretKey)
  const found = createAccountSearchService({ db: database.db, accounts, access, config })
  const search = createSearchService({
    access,
    repositories: createRepositorySearchService({ db: database.db, lists }),
    lists,
    accounts: found,
    config: config.search,
  })
  return {
    routes: [
      ...repositoryApi({
        ...{ repositories, lists, stars, accounts, access, pageTokens, statusTokens, names },
        quota: people.quotaReports,
      }),
      ...permissionApi({ repositories, avatars }),
      ...repoTokenApi(),
      ...starApi({ stars, repositories, lists, access, pageTokens }),
      ...searchApi({ search, people: found, lists, avatars }),
    ],
  }
}
