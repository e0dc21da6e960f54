import { z } from 'zod'

import {
  changeMirrorRules,
  changeMirrors,
  deleteMirror,
  dryRunMirror,
  getMirrorDetails,
  getMirrorOverview,
  listMirrorRuns,
  listMirrors,
  listMirrorTags,
  previewMirrorTags,
  previewRepositoryMirrorTags,
} from '../../contract/mooring-mirrors.ts'
import { Problem } from '../../problem.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDateOrNull } from '../api/wire-date.ts'
import type { presentOutcome } from '../interface/present-outcome.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { SiteConnection } from '../upstreams/connection-service.ts'
import { presentConnection } from '../upstreams/present-upstream.ts'
import type { LastHour } from './last-hour.ts'
import type { MirrorBulk } from './mirror-bulk-service.ts'
import type { MirrorPreviews } from './mirror-preview-service.ts'
import type { MirrorService } from './mirror-service.ts'
import type { MirrorSettingsService } from './mirror-settings-service.ts'
import type { MirrorViews } from './mirror-view-service.ts'
import {
  presentMirror,
  presentRules,
  presentRun,
  presentTag,
  presentUpstream,
} from './present-mirror.ts'
import { rulesOf, wishOf } from './preview-wish.ts'

const runsAtOnce = 20
const tagsAtOnce = 100
const runList = 'mirror-runs'
const tagList = 'mirror-tags'

/** Mirrors as pages need them, beside what Quay has. */
export function mooringMirrorApi({
  mirrors,
  views,
  previews,
  bulk,
  settings,
  pageTokens,
  outcome,
  hour,
  space,
  connection,
}: {
  mirrors: MirrorService
  views: MirrorViews
  previews: MirrorPreviews
  bulk: MirrorBulk
  settings: MirrorSettingsService
  pageTokens: PageTokens
  /** What became of one of many, as the answer shows it. */
  outcome: typeof presentOutcome
  hour: LastHour
  space: BlobStorage['space']
  connection: Pick<SiteConnection, 'state'>
}): readonly ApiRoute[] {
  const present = presentMirror(settings)

  async function look({ id }: Pick<RepositoryRow, 'id'>) {
    const seen = await views.look(id)
    if (seen === undefined) throw new Problem('not-found')
    return seen
  }

  const details = async (repository: Pick<RepositoryRow, 'id'>) => {
    const seen = await look(repository)
    return {
      ...present(seen),
      rules: presentRules(settings.rulesOf(seen.mirror)),
      wait_until: wireDateOrNull(await views.waitUntil(seen)),
    }
  }

  return [
    route(listMirrors, async ({ query }) => {
      const { rows, about } = await views.list(query)
      return { items: rows.map(present), ...about }
    }),

    route(getMirrorOverview, async () => {
      const [{ lastSuccess, remaining, upstreams, ...rest }, freeBytes] = await Promise.all([
        views.overview(),
        space().then(
          ({ freeBytes }) => freeBytes,
          () => null,
        ),
      ])
      return {
        ...rest,
        hour: [...hour.minutes()],
        remaining_bytes: Math.round(remaining),
        free_bytes: freeBytes,
        last_success: wireDateOrNull(lastSuccess),
        connection: presentConnection(connection.state()),
        upstreams: upstreams.map(presentUpstream),
      }
    }),

    route(changeMirrors, async (call) => {
      const { action, repositories, change: { rules, ...change } = {} } = call.body
      const wish = { ...change, ...(rules && { rules: rulesOf(rules) }) }
      const outcomes = await bulk.each(call, repositories, action, wish)
      return { results: outcomes.map(outcome(call.origin)) }
    }),

    route(previewMirrorTags, ({ body, signal }) => previews.tags(wishOf(body), undefined, signal)),

    route(previewRepositoryMirrorTags, async ({ repository, body, signal }) =>
      previews.tags(wishOf(body), await mirrors.find(repository), signal),
    ),

    route(dryRunMirror, async ({ repository, signal }) => {
      const { isComplete, tags } = await previews.dryRun(await mirrors.get(repository), signal)
      const count = (action: string) => tags.filter((tag) => tag.action === action).length
      return {
        complete: isComplete,
        counts: {
          new: count('new'),
          updated: count('updated'),
          unchanged: count('unchanged'),
          removed: count('removed'),
          failed: count('failed'),
        },
        tags: tags.map(({ name, action, upstreamDigest, localDigest, message }) => ({
          ...{ name, action, upstream_digest: upstreamDigest, local_digest: localDigest },
          ...(message !== undefined && { message }),
        })),
      }
    }),

    route(getMirrorDetails, ({ repository }) => details(repository)),

    route(changeMirrorRules, async ({ repository, namespace, actor, body }) => {
      await mirrors.changeRules({ repository, namespace, actor }, rulesOf(body))
      return details(repository)
    }),

    route(deleteMirror, async ({ repository, namespace, actor }) => {
      await mirrors.remove({ repository, namespace, actor })
      return undefined
    }),

    route(listMirrorRuns, async ({ repository, query }) => {
      const { id } = await mirrors.get(repository)
      const before = pageTokens.open(runList, query.next_page, z.int())
      const { runs, next } = await views.runs(id, before, runsAtOnce)
      return {
        runs: runs.map(presentRun),
        ...(next !== undefined && { next_page: pageTokens.seal(runList, next) }),
      }
    }),

    route(listMirrorTags, async ({ repository, query }) => {
      const mirror = await mirrors.get(repository)
      const after = pageTokens.open(tagList, query.next_page, z.string()) ?? ''
      const found = await views.tags(mirror, { after, state: query.state, limit: tagsAtOnce })
      return {
        tags: found.tags.map(presentTag),
        ...(found.next !== undefined && { next_page: pageTokens.seal(tagList, found.next) }),
      }
    }),
  ]
}
