import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { leaseStore } from '../../work/lease-store.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { pageOf, type ListPage, type ListWish, type SortKey } from '../interface/list-page.ts'
import { naturalKey } from '../interface/natural-key.ts'
import type { UpstreamFacts, UpstreamFactsKeeper } from '../upstreams/upstream-facts-service.ts'
import { mirrorListStore, type ListedMirror } from './mirror-list-store.ts'
import type { MirrorProgress } from './mirror-progress.ts'
import { mirrorRunStore, type MirrorRunRow } from './mirror-run-store.ts'
import {
  isOverdue,
  nextRunOf,
  stateOfMirror,
  wouldRun,
  type MirrorState,
  type WaitingFor,
} from './mirror-state.ts'
import { workerPrefix } from './mirror-workers.ts'

export type MirrorViews = ReturnType<typeof createMirrorViews>

export const mirrorColumns = [
  'repository',
  'upstream',
  'state',
  'last_success',
  'next_run',
] as const
export type MirrorColumn = (typeof mirrorColumns)[number]

export interface MirrorWishes extends ListWish<MirrorColumn> {
  readonly search?: string | undefined
  readonly state?: MirrorState | undefined
  readonly upstream?: string | undefined
  readonly namespace?: string | undefined
}

/** A mirror with everything that a page shows of it. */
export interface SeenMirror {
  readonly mirror: ListedMirror
  readonly state: MirrorState
  /** Null unless it waits. */
  readonly waitingFor: WaitingFor | null
  readonly lastRun: MirrorRunRow | undefined
  readonly progress: MirrorProgress | undefined
  readonly nextRun: Instant | null
  readonly isOverdue: boolean
}

interface SeenUpstream {
  readonly host: string
  mirrors: number
  caches: number
  withCredentials: number
  /** Since when runs have not been let in: the first of those that are the last of their mirrors. */
  refusedSince: Instant | null
  failed: number
  running: number
  lastSuccess: Instant | null
  failedRun: MirrorRunRow | undefined
}

export type SeenUpstreamWithFacts = Readonly<SeenUpstream> & { readonly facts: UpstreamFacts }

const stride = 1_000
/** A site with more mirrors sees the first of them only. */
const mostMirrors = 20_000
const shownNamespaces = 500

/** Mirrors as pages list them. */
export function createMirrorViews({
  db,
  clock,
  pageTokens,
  progressOf,
  isDisconnected,
  facts,
  cachedHosts,
}: {
  db: Db
  clock: Clock
  pageTokens: PageTokens
  /** Of a run in this process. */
  progressOf: (mirrorId: number) => MirrorProgress | undefined
  isDisconnected: () => boolean
  facts: Pick<UpstreamFactsKeeper, 'list'>
  /** Upstreams of caches, one for each. */
  cachedHosts: () => Promise<readonly string[]>
}) {
  const mirrors = mirrorListStore(db)
  const runs = mirrorRunStore(db)

  async function see(found: readonly ListedMirror[]): Promise<SeenMirror[]> {
    const now = clock.now()
    const ids = found.flatMap((mirror) => mirror.last_run_id ?? [])
    const last = new Map((await runs.listByIds(ids)).map((run) => [run.id, run]))
    return found.map((mirror) => {
      const lastRun = mirror.last_run_id === null ? undefined : last.get(mirror.last_run_id)
      const progress = progressOf(mirror.id) ?? progressElsewhere(lastRun)
      const isApart = isDisconnected() && wouldRun(mirror, now)
      const state = stateOfMirror(mirror, lastRun, progress, isApart)
      return {
        mirror,
        lastRun,
        progress,
        state,
        waitingFor: state !== 'waiting' ? null : isApart ? 'connection' : 'upstream',
        nextRun: nextRunOf(mirror),
        isOverdue: isOverdue(mirror, now),
      }
    })
  }

  async function all(): Promise<SeenMirror[]> {
    const seen: SeenMirror[] = []
    let after = 0
    while (seen.length < mostMirrors) {
      const some = await mirrors.listAfter(after, stride)
      seen.push(...(await see(some)))
      const last = some.at(-1)
      if (last === undefined || some.length < stride) break
      after = last.id
      await otherWork()
    }
    return seen
  }

  return {
    find: (repositoryId: number) => mirrors.find(repositoryId),

    async look(repositoryId: number): Promise<SeenMirror | undefined> {
      const mirror = await mirrors.find(repositoryId)
      return mirror && (await see([mirror]))[0]
    },

    /** When an upstream that gave nothing because of its limit wants to be asked again. */
    async waitUntil({ mirror, lastRun }: SeenMirror): Promise<Instant | null> {
      if (lastRun?.code !== 'rate_limited') return null
      const host = mirror.upstream_host
      const resetsAt = (await facts.list([host])).get(host)?.allowance?.resetsAt ?? null
      return resetsAt !== null && resetsAt > clock.now() ? resetsAt : null
    },

    async list(wish: MirrorWishes): Promise<ListPage<SeenMirror, MirrorColumn>> {
      const part = (wish.search ?? '').trim().toLowerCase()
      const shown = (await all()).filter(({ mirror, state }) => {
        const { full_name: name, external_reference: reference, upstream_host: host } = mirror
        return (
          (wish.state === undefined || state === wish.state) &&
          (!wish.upstream || host === wish.upstream) &&
          (!wish.namespace || name.startsWith(`${wish.namespace}/`)) &&
          (part === '' || name.includes(part) || reference.toLowerCase().includes(part))
        )
      })
      return pageOf(
        {
          list: 'mirrors',
          sort: 'repository',
          order: { last_success: 'desc' },
          columns: mirrorColumns,
          count: (most) => Promise.resolve(Math.min(shown.length, most)),
          all: () => Promise.resolve(shown),
          keyOf,
          idOf: ({ mirror }) => mirror.id,
        },
        wish,
        pageTokens,
      )
    },

    async overview() {
      const seen = await all()
      const states: Partial<Record<MirrorState, number>> = {}
      const upstreams = new Map<string, SeenUpstream>()
      const namespaces = new Set<string>()
      for (const one of seen) {
        states[one.state] = (states[one.state] ?? 0) + 1
        add(upstreams, one)
        namespaces.add(namespaceOf(one.mirror))
      }
      for (const host of await cachedHosts()) upstreamAt(upstreams, host).caches++
      const learned = await facts.list([...upstreams.keys()])
      return {
        total: seen.length,
        states,
        namespaces: [...namespaces].sort().slice(0, shownNamespaces),
        rate: seen.reduce((sum, { progress }) => sum + (progress?.rate ?? 0), 0),
        remaining: seen.reduce((sum, { progress }) => sum + bytesLeft(progress), 0),
        workers: await leaseStore(db).countTaken(workerPrefix, clock.now()),
        lastSuccess: latest(seen.map(({ mirror }) => mirror.last_success_at)),
        upstreams: [...upstreams.values()]
          .sort((a, b) => (a.host < b.host ? -1 : 1))
          .map((upstream): SeenUpstreamWithFacts => ({
            ...upstream,
            facts: learned.get(upstream.host) ?? {},
          })),
      }
    },

    /** The newest first, and where the next page begins. */
    async runs(mirrorId: number, before: number | undefined, limit: number) {
      const rows = await runs.list(mirrorId, before, limit + 1)
      const page = rows.slice(0, limit)
      return { runs: page, next: rows.length > limit ? page.at(-1)?.id : undefined }
    },

    async tags(
      { id, last_run_id: runId }: Pick<ListedMirror, 'id' | 'last_run_id'>,
      {
        after,
        state,
        limit,
      }: { after: string; state: Parameters<typeof runs.listTags>[1]['state']; limit: number },
    ) {
      if (runId === null) return { tags: [], next: undefined }
      const rows = await runs.listTags(id, { runId, after, state, limit: limit + 1 })
      const page = rows.slice(0, limit)
      return { tags: page, next: rows.length > limit ? page.at(-1)?.name : undefined }
    },
  }
}

function progressElsewhere(run: MirrorRunRow | undefined): MirrorProgress | undefined {
  if (run?.ended_at !== null || run.progress_json === null) return undefined
  const kept = JSON.parse(run.progress_json) as Omit<MirrorProgress, 'layers'> &
    Partial<Pick<MirrorProgress, 'layers'>>
  // an older version knew of none
  return { ...kept, layers: kept.layers ?? [] }
}

/** As far as it is known: what is queued was not looked at yet. */
function bytesLeft(progress: MirrorProgress | undefined): number {
  if (progress?.state !== 'running') return 0
  const expected = progress.eta === null ? 0 : progress.eta * progress.rate
  return Math.max(expected, progress.total - progress.done)
}

const namespaceOf = ({ full_name: name }: ListedMirror) => name.slice(0, name.indexOf('/'))

function keyOf({ mirror, state, nextRun }: SeenMirror, column: MirrorColumn): SortKey {
  switch (column) {
    case 'repository':
      return naturalKey(mirror.full_name)
    case 'upstream':
      return mirror.external_reference
    case 'state':
      return state
    case 'last_success':
      return mirror.last_success_at ?? 0
    case 'next_run':
      return nextRun ?? Number.MAX_SAFE_INTEGER
  }
}

function upstreamAt(upstreams: Map<string, SeenUpstream>, host: string): SeenUpstream {
  const upstream = upstreams.get(host) ?? {
    ...{ host, mirrors: 0, caches: 0, withCredentials: 0, refusedSince: null },
    ...{ failed: 0, running: 0, lastSuccess: null, failedRun: undefined },
  }
  upstreams.set(host, upstream)
  return upstream
}

function add(upstreams: Map<string, SeenUpstream>, { mirror, state, lastRun }: SeenMirror): void {
  const upstream = upstreamAt(upstreams, mirror.upstream_host)
  upstream.mirrors++
  if (mirror.username_encrypted !== null) upstream.withCredentials++
  if (lastRun?.code === 'auth_failed') {
    upstream.refusedSince = Math.min(upstream.refusedSince ?? Infinity, lastRun.started_at)
  }
  if (['running', 'stalled', 'waiting'].includes(state)) upstream.running++
  if (state === 'failed' || state === 'partly_failed') {
    upstream.failed++
    if (lastRun && (upstream.failedRun?.id ?? 0) < lastRun.id) upstream.failedRun = lastRun
  }
  upstream.lastSuccess = latest([upstream.lastSuccess, mirror.last_success_at])
}

function latest(instants: readonly (Instant | null)[]): Instant | null {
  let newest: Instant | null = null
  for (const instant of instants) {
    if (instant !== null && instant > (newest ?? -Infinity)) newest = instant
  }
  return newest
}
