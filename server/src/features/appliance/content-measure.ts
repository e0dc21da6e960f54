import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { contentMeasureStore } from './content-measure-store.ts'

export interface Named {
  readonly name: string
  readonly bytes: number
}

export interface ContentMeasure {
  readonly at: Instant
  readonly organizations: number
  readonly repositories: number
  readonly tags: number
  readonly blobs: number
  readonly contentBytes: number
  readonly restorableBytes: number
  /** What repositories would take apart; undefined where nothing counts them. */
  readonly apartBytes: number | undefined
  readonly biggestRepositories: readonly Named[]
  readonly biggestOrganizations: readonly Named[]
}

const pageSize = 1_000
const shown = 20

/** Counts everything, page after page, so that nobody has to wait for it. */
export async function measureContent(
  { db, clock }: { db: Db; clock: Clock },
  stopping?: AbortSignal,
): Promise<ContentMeasure | undefined> {
  const store = contentMeasureStore(db)
  let tags = 0
  for (let id = 0; ;) {
    const page = await store.tagsAfter(id, pageSize)
    if (page === undefined) break
    tags += page.live
    id = page.lastId
    await nextTurn()
    if (stopping?.aborted) return undefined
  }
  let [blobs, contentBytes, restorableBytes] = [0, 0, 0]
  for (let id = 0; ;) {
    const page = await store.blobsAfter(id, pageSize / 4)
    if (page === undefined) break
    blobs += page.count
    contentBytes += page.bytes
    await nextTurn()
    restorableBytes += await store.restorableAfter(id, page.lastId)
    id = page.lastId
    await nextTurn()
    if (stopping?.aborted) return undefined
  }
  const repositories = await biggest((id) => store.repositoriesAfter(id, pageSize))
  const organizations = await biggest((id) => store.organizationsAfter(id, pageSize))
  return {
    at: clock.now(),
    ...{ tags, blobs, contentBytes, restorableBytes },
    organizations: organizations.count,
    repositories: repositories.count,
    apartBytes: repositories.isCounted ? repositories.bytes : undefined,
    biggestRepositories: repositories.biggest,
    biggestOrganizations: organizations.biggest,
  }
}

async function biggest(
  next: (after: number) => Promise<{ id: number; name: string; bytes: number | null }[]>,
) {
  let [count, bytes, id] = [0, 0, 0]
  let isCounted = false
  let top: Named[] = []
  for (;;) {
    const page = await next(id)
    const last = page.at(-1)
    if (last === undefined) break
    id = last.id
    count += page.length
    const counted = page.flatMap((one) =>
      one.bytes === null ? [] : [{ name: one.name, bytes: one.bytes }],
    )
    isCounted ||= counted.length > 0
    for (const one of counted) bytes += one.bytes
    top = [...top, ...counted].sort((a, b) => b.bytes - a.bytes).slice(0, shown)
    await nextTurn()
  }
  return { count, bytes, isCounted, biggest: top.filter((one) => one.bytes > 0) }
}
