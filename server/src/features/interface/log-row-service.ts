import { setImmediate as otherWork } from 'node:timers/promises'

import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { accountStore } from '../accounts/account-store.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import {
  selectionOf,
  type LoggedEvent,
  type LogPlace,
  type LogService,
} from '../audit/log-service.ts'
import { logStore, type LogPosition, type LogSelection, type LogSpan } from '../audit/log-store.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import { matchesLog, type LogFilter } from './log-filter.ts'
import type { LogLine } from './log-lines.ts'

export type LogRows = ReturnType<typeof createLogRows>

export interface LogWish {
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  readonly kinds?: string | undefined
  readonly performer?: string | undefined
  readonly repository?: string | undefined
  readonly ip?: string | undefined
  readonly search?: string | undefined
  readonly limit?: number | undefined
  readonly page_token?: string | undefined
}

export interface LoggedRow extends LoggedEvent {
  /** `namespace/name` as long as it is there. */
  readonly repository: string | null
}

interface Chosen {
  readonly selection: LogSelection
  readonly filter: LogFilter
}

const usualLimit = 20
const largestLimit = 100
const batchSize = 500
/** Of one page: a search that finds little stops here and says so. */
const lookedAtMost = 20_000
const dayMs = 24 * 3_600_000
const position = z.object({ datetime: z.number(), id: z.number() })

/** The action log, filtered. */
export function createLogRows({
  db,
  clock,
  logs,
  repositories,
  kindName,
  pageTokens,
}: {
  db: Db
  clock: Clock
  logs: Pick<LogService, 'resolve'>
  repositories: Pick<RepositoryService, 'find' | 'listByIds'>
  kindName: (id: number) => string
  pageTokens: PageTokens
}) {
  const store = logStore(db)

  /** Undefined when what is named is not there, or is not of this place. */
  async function choose(place: LogPlace, wish: LogWish): Promise<Chosen | undefined> {
    let selection = selectionOf(place)
    if (wish.repository) {
      const found = await repositories.find(wish.repository)
      if (found === undefined || !belongs(place, found)) return undefined
      selection = { ...selection, scope: 'repository', scopeId: found.id }
    }
    const account = wish.performer ? await accountStore(db).find(wish.performer) : undefined
    if (wish.performer && account === undefined) return undefined
    // Within a place its own index leads; who acted is looked at on the way.
    const byPerformer = selection.scope === 'all' && account !== undefined
    return {
      selection: byPerformer ? { ...selection, performerId: account.id } : selection,
      filter: {
        kinds: parseKinds(wish.kinds),
        performerId: byPerformer ? undefined : account?.id,
        ip: wish.ip?.trim() ?? '',
        text: wish.search?.trim().toLowerCase() ?? '',
      },
    }
  }

  async function withRepositories(events: readonly LoggedEvent[]): Promise<LoggedRow[]> {
    const ids = new Set(events.flatMap(({ row }) => row.repository_id ?? []))
    const found = await repositories.listByIds([...ids])
    const names = new Map(found.map((repository) => [repository.id, repository.full_name]))
    return events.map((event) => ({
      ...event,
      repository: names.get(event.row.repository_id ?? 0) ?? null,
    }))
  }

  function spanOf({ from, to }: LogWish): LogSpan {
    const end = to ?? clock.now()
    const span = { from: from ?? end - dayMs, to: end + 1 }
    if (span.from > end)
      throw new Problem('request-invalid', { message: 'The end is before the start' })
    return span
  }

  return {
    /** Newest first. @throws Problem `request-invalid` */
    async list(place: LogPlace, wish: LogWish) {
      const span = spanOf(wish)
      const limit = Math.min(Math.max(wish.limit ?? usualLimit, 1), largestLimit)
      const list = `log rows ${place.kind} ${place.kind === 'everything' ? '' : String(place.id)}`
      const chosen = await choose(place, wish)
      let after: LogPosition | undefined = pageTokens.open(list, wish.page_token, position)
      const found = []
      let isOver = chosen === undefined
      for (let looked = 0; chosen && !isOver && found.length <= limit; looked += batchSize) {
        if (looked >= lookedAtMost) break
        if (looked > 0) await otherWork()
        const rows = await store.list(chosen.selection, span, { after, limit: batchSize })
        found.push(...rows.filter((row) => matchesLog(chosen.filter, row, kindName(row.kind_id))))
        after = rows.at(-1)
        isOver = rows.length < batchSize
      }
      const shown = found.slice(0, limit)
      const last = found.length > limit ? shown.at(-1) : isOver ? undefined : after
      return {
        span,
        rows: await withRepositories(await logs.resolve(shown)),
        isPartial: last !== undefined && found.length <= limit,
        nextPage:
          last === undefined
            ? undefined
            : pageTokens.seal(list, { datetime: last.datetime, id: last.id }),
      }
    },

    /** All of it, oldest first. @throws Problem `request-invalid` before the first line */
    lines(place: LogPlace, wish: LogWish): AsyncGenerator<LogLine> {
      const span = spanOf(wish)
      return walk(place, wish, span)
    },
  }

  async function* walk(place: LogPlace, wish: LogWish, span: LogSpan): AsyncGenerator<LogLine> {
    const chosen = await choose(place, wish)
    if (chosen === undefined) return
    let after: LogPosition | undefined
    for (;;) {
      const where = { after, limit: batchSize, order: 'asc' as const }
      const rows = await store.list(chosen.selection, span, where)
      const found = rows.filter((row) => matchesLog(chosen.filter, row, kindName(row.kind_id)))
      for (const event of await withRepositories(await logs.resolve(found))) {
        yield {
          datetime: event.row.datetime,
          kind: event.kind,
          namespace: event.namespace?.username ?? null,
          repository: event.repository,
          performer: event.performer?.username ?? null,
          ip: event.row.ip,
          metadata: event.metadata,
        }
      }
      if (rows.length < batchSize) return
      after = rows.at(-1)
      // SQLite answers within the turn of the event loop, so waiting for it lets nobody else in.
      await otherWork()
    }
  }
}

function belongs(
  place: LogPlace,
  repository: { readonly id: number; readonly namespace_user_id: number },
): boolean {
  switch (place.kind) {
    case 'everything':
      return true
    case 'repository':
      return repository.id === place.id
    case 'user':
    case 'organization':
      return repository.namespace_user_id === place.id
  }
}

function parseKinds(text = ''): ReadonlySet<string> {
  return new Set(text.split(',').flatMap((name) => name.trim() || []))
}
