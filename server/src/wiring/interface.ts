import { createAuthorizer } from '../features/api/authorize-service.ts'
import { logKindName } from '../features/audit/log-kinds.ts'
import { createLogService } from '../features/audit/log-service.ts'
import { createBulkService } from '../features/interface/bulk-service.ts'
import { globalSearchApi } from '../features/interface/global-search-api.ts'
import { createGlobalSearch } from '../features/interface/global-search-service.ts'
import { logRowApi } from '../features/interface/log-row-api.ts'
import { createLogRows } from '../features/interface/log-row-service.ts'
import { createManifestDetails } from '../features/interface/manifest-details-service.ts'
import { memberRowApi } from '../features/interface/member-row-api.ts'
import { createMemberRows } from '../features/interface/member-row-service.ts'
import { namespaceRowApi } from '../features/interface/namespace-row-api.ts'
import { createNamespaceRows } from '../features/interface/namespace-row-service.ts'
import { repositoryRowApi } from '../features/interface/repository-row-api.ts'
import { createRepositoryRows } from '../features/interface/repository-row-service.ts'
import { tagRowApi } from '../features/interface/tag-row-api.ts'
import { createTagEvents } from '../features/interface/tag-event-service.ts'
import { createTagRows } from '../features/interface/tag-row-service.ts'
import { createRepositoryListService } from '../features/repositories/repository-list-service.ts'
import { createAccountSearchService } from '../features/search/account-search-service.ts'
import { createRepositorySearchService } from '../features/search/repository-search-service.ts'
import { createTagEditService } from '../features/tags/tag-edit-service.ts'
import type { Area, Foundation } from './area.ts'

/** What pages need beside the routes that Quay has: lists with numbers, search, bulk changes. */
export function wireInterface({ parts, people, avatars, pageTokens }: Foundation): Area {
  const { config, database, storage, clock } = parts
  const { db } = database
  const { access, accounts, repositories, audit, quotaReports: quota } = people
  const { tagChanges, tagPolicies } = people.tagRules
  const lists = createRepositoryListService({ db, clock })

  const tags = createTagRows({ db, clock, pageTokens })
  const bulk = createBulkService({
    ...{ tags, repositories },
    edits: createTagEditService({ clock, audit, tagChanges, tagPolicies, config }),
    authorizer: createAuthorizer(people),
  })
  const logs = createLogService({ db, clock, pageTokens, config })
  return {
    routes: [
      ...tagRowApi({
        ...{ rows: tags, bulk, features: config.features },
        events: createTagEvents({ db, clock, pageTokens }),
        manifests: createManifestDetails({ db, storage, clock, tags }),
      }),
      ...repositoryRowApi({
        ...{ bulk, quota },
        rows: createRepositoryRows({ db, access, accounts, lists, pageTokens }),
      }),
      ...namespaceRowApi({
        ...{ accounts, avatars, quota },
        rows: createNamespaceRows({ db, clock, access, pageTokens, config }),
      }),
      ...memberRowApi({ rows: createMemberRows({ db, pageTokens }), access, avatars }),
      ...logRowApi({
        rows: createLogRows({
          ...{ db, clock, logs, repositories, pageTokens },
          kindName: logKindName,
        }),
        avatars,
      }),
      ...globalSearchApi({
        search: createGlobalSearch({
          ...{ db, clock, access, lists },
          repositories: createRepositorySearchService({ db, lists }),
          accounts: createAccountSearchService({ db, accounts, access, config }),
        }),
        avatars,
      }),
    ],
  }
}
