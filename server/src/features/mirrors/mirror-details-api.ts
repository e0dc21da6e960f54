import { z } from 'zod'

import {
  estimateRepositoryMirror,
  listMirrorContent,
  listMirrorLog,
} from '../../contract/mirror-details.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDate } from '../api/wire-date.ts'
import type { MirrorContent } from './mirror-content-service.ts'
import type { MirrorEstimates } from './mirror-estimate-service.ts'
import type { MirrorLines } from './mirror-lines-service.ts'
import type { MirrorService } from './mirror-service.ts'
import { wishOf } from './preview-wish.ts'

const tagsAtOnce = 50
const logList = 'mirror-log'
const contentList = 'mirror-content'

/** What a mirror told, and how it stands to its upstream. */
export function mirrorDetailsApi({
  mirrors,
  lines,
  content,
  estimates,
  pageTokens,
}: {
  mirrors: Pick<MirrorService, 'get' | 'find'>
  lines: MirrorLines
  content: MirrorContent
  estimates: MirrorEstimates
  pageTokens: PageTokens
}): readonly ApiRoute[] {
  return [
    route(listMirrorLog, async ({ repository, query }) => {
      const { id } = await mirrors.get(repository)
      const before = pageTokens.open(logList, query.next_page, z.int())
      const { level = 'debug', search, run: runId } = query
      const found = await lines.page(id, { before, level, search, runId })
      return {
        lines: found.lines,
        ...(found.next !== undefined && { next_page: pageTokens.seal(logList, found.next) }),
      }
    }),

    route(estimateRepositoryMirror, async ({ repository, body, signal }) =>
      estimates.estimate(wishOf(body), await mirrors.find(repository), signal),
    ),

    route(listMirrorContent, async ({ repository, query, signal }) => {
      const mirror = await mirrors.get(repository)
      const after = pageTokens.open(contentList, query.next_page, z.string()) ?? ''
      const { refresh = false } = query
      const page = await content.page(mirror, { after, refresh, limit: tagsAtOnce }, signal)
      return {
        checked: wireDate(page.at),
        tags: page.tags.map(({ name, state, upstreamDigest, localDigest, message }) => ({
          ...{ name, state, message },
          upstream_digest: upstreamDigest,
          local_digest: localDigest,
        })),
        ...(page.next !== undefined && { next_page: pageTokens.seal(contentList, page.next) }),
      }
    }),
  ]
}
