import { z } from 'zod'

import {
  cancelCollection,
  cancelScrub,
  cancelUpload,
  getCollection,
  getScrub,
  getStorageOverview,
  listUploads,
  planCollectionNow,
  startCollection,
  startScrub,
} from '../../contract/appliance-storage.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type {
  CollectionControl,
  CollectionRun,
  PlannedCollection,
} from '../gc/collection-control.ts'
import type { CollectionPlan } from '../gc/collection-plan.ts'
import type { UploadListService } from '../uploads/upload-list-service.ts'
import { dayMs } from './growth.ts'
import type { Damage, Scrub, ScrubService } from './scrub-service.ts'
import type { StorageService } from './storage-service.ts'

const uploadsPerPage = 50
const Position = z.object({ updatedAt: z.number(), uuid: z.string() })

export function storageApi({
  storage,
  collection,
  findPlan,
  everyMs,
  uploads,
  scrubs,
  pageTokens,
}: {
  storage: StorageService
  collection: CollectionControl
  findPlan: () => Promise<CollectionPlan>
  everyMs: number
  uploads: UploadListService
  scrubs: ScrubService
  pageTokens: PageTokens
}): readonly ApiRoute[] {
  return [
    route(getStorageOverview, async () => {
      const { measuredAt, content, growth, sharingRatio, capacity } = await storage.overview()
      return {
        measured_at: wireDate(measuredAt),
        capacity,
        content: {
          blobs: content?.blobs ?? 0,
          counted_at: wireDateOrNull(content?.at ?? null),
          sharing_ratio: sharingRatio,
        },
        growth: growth.map(({ day, ...rest }) => ({
          day: new Date(day * dayMs).toISOString().slice(0, 10),
          ...rest,
        })),
        organizations: [...(content?.biggestOrganizations ?? [])],
        repositories: [...(content?.biggestRepositories ?? [])],
      }
    }),

    route(getCollection, () => {
      const { last, lastTurnAt, run, plan, restsFor } = collection.state()
      return Promise.resolve({
        enabled: collection.isEnabled(),
        rests_for: restsFor,
        every_seconds: everyMs / 1000,
        last: last === undefined ? null : presentRun(last),
        next: wireDateOrNull(lastTurnAt === undefined ? null : lastTurnAt + everyMs),
        run: run === undefined ? null : presentRun(run),
        plan: plan === undefined ? null : presentPlan(plan),
      })
    }),
    route(startCollection, ({ user }) =>
      Promise.resolve(presentRun(collection.start(user.username))),
    ),
    route(cancelCollection, () => {
      collection.cancel()
      return Promise.resolve(undefined)
    }),
    route(planCollectionNow, () => Promise.resolve(presentPlan(collection.plan(findPlan)))),

    route(listUploads, async ({ query }) => {
      const after = pageTokens.open('uploads', query.next_page, Position)
      const page = await uploads.page(after, uploadsPerPage)
      return {
        uploads: page.uploads.map((upload) => ({
          id: upload.uuid,
          repository: upload.full_name,
          bytes: upload.byte_count,
          started: wireDate(upload.created_at),
          last_modified: wireDate(upload.updated_at),
        })),
        ...(page.next !== undefined && { next_page: pageTokens.seal('uploads', page.next) }),
      }
    }),
    route(cancelUpload, async ({ params, user }) => {
      await uploads.cancel(params.upload_id, user.username)
      return undefined
    }),

    route(getScrub, async () => {
      const [scrub, damaged] = await Promise.all([scrubs.find(), scrubs.damaged()])
      return {
        scrub: scrub === undefined ? null : presentScrub(scrub),
        damaged: damaged.list.map(presentDamage),
        damaged_total: damaged.total,
      }
    }),
    route(startScrub, async ({ body }) => presentScrub(await scrubs.start(body))),
    route(cancelScrub, async () => {
      await scrubs.cancel()
      return undefined
    }),
  ]
}

function presentRun({ state, started, ended, by, freed, error }: CollectionRun) {
  return {
    ...{ state, by, error },
    started: wireDate(started),
    ended: wireDateOrNull(ended),
    freed: { ...freed },
  }
}

function presentPlan({ state, at, wouldFree }: PlannedCollection) {
  return { state, at: wireDate(at), would_free: wouldFree === null ? null : { ...wouldFree } }
}

function presentScrub(scrub: Scrub) {
  return {
    id: scrub.id,
    state: scrub.state,
    started: wireDate(scrub.started),
    ended: wireDateOrNull(scrub.ended),
    blobs_done: scrub.blobsDone,
    blobs_total: Math.max(scrub.blobsTotal, scrub.blobsDone),
    bytes_done: scrub.bytesDone,
    bytes_total: Math.max(scrub.bytesTotal, scrub.bytesDone),
    rate: scrub.rate,
    error: scrub.error,
  }
}

function presentDamage({ digest, size_bytes, found_at, reason, repositories }: Damage) {
  return {
    ...{ digest, reason, bytes: size_bytes },
    found: wireDate(found_at),
    repositories: [...repositories],
  }
}
