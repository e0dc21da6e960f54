import { z } from 'zod'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { accountStore } from '../accounts/account-store.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { dayMs, dayOf, parseLogDay } from './log-day.ts'
import { logKindId, logKindName, type LogKind } from './log-kinds.ts'
import {
  logStore,
  type LogAccount,
  type LogPosition,
  type LogRow,
  type LogSelection,
  type LogSpan,
} from './log-store.ts'

export type LogService = ReturnType<typeof createLogService>

/** Whose logs. */
export type LogPlace =
  | { readonly kind: 'everything' }
  | { readonly kind: 'organization'; readonly id: number }
  /** Without the events of service keys, which are booked on the first account. */
  | { readonly kind: 'user'; readonly id: number }
  | { readonly kind: 'repository'; readonly id: number }

export interface LogQuery {
  readonly starttime?: string | undefined
  readonly endtime?: string | undefined
  readonly performer?: string | undefined
  readonly next_page?: string | undefined
}

/** An entry with whom it names. */
export interface LoggedEvent {
  readonly row: LogRow
  readonly kind: LogKind
  readonly metadata: Readonly<Record<string, unknown>>
  readonly performer: LogAccount | undefined
  readonly namespace: LogAccount | undefined
}

const pageSize = 20
const aggregatedDaysAtMost = 31

const position = z.object({ datetime: z.number(), id: z.number(), page: z.number() })

const serviceKeyKinds = (
  [
    'service_key_approve',
    'service_key_create',
    'service_key_delete',
    'service_key_extend',
    'service_key_modify',
    'service_key_rotate',
  ] as const
).map(logKindId)

/** Reads the action log (logs-and-notifications, 3). */
export function createLogService({
  db,
  clock,
  pageTokens,
  config,
}: {
  db: Db
  clock: Clock
  pageTokens: PageTokens
  config: Pick<Config, 'logs'>
}) {
  const store = logStore(db)

  /** Undefined when nobody of the given name is there: nobody did anything. */
  async function select(place: LogPlace, performer = ''): Promise<LogSelection | undefined> {
    const selection = selectionOf(place)
    if (performer === '') return selection
    const account = await accountStore(db).find(performer)
    return account && { ...selection, performerId: account.id }
  }

  /**
   * Somebody may do much elsewhere and little here: then only the days are looked at on which the
   * daily sums know of something.
   */
  async function newestOf(
    selection: LogSelection,
    span: LogSpan,
    after: LogPosition | undefined,
  ): Promise<LogRow[]> {
    const limit = pageSize + 1
    if (selection.performerId === undefined || selection.scope === 'all') {
      return store.list(selection, span, { after, limit })
    }
    const to = after === undefined ? span.to : Math.min(span.to, after.datetime + 1)
    const rows: LogRow[] = []
    for (const day of await store.daysWithin(selection, { from: span.from, to })) {
      const within = {
        from: Math.max(span.from, day * dayMs),
        to: Math.min(to, (day + 1) * dayMs),
      }
      rows.push(...(await store.list(selection, within, { after, limit: limit - rows.length })))
      if (rows.length === limit) break
    }
    return rows
  }

  /** Looks up whom entries name, all at once. */
  async function resolve(rows: readonly LogRow[]): Promise<LoggedEvent[]> {
    const ids = new Set(
      rows
        .flatMap(({ account_id, performer_id }) => [account_id, performer_id])
        .filter((id) => id !== null),
    )
    const found = await store.findAccounts([...ids])
    const accounts = new Map(found.map((account) => [account.id, account]))
    return rows.map((row) => ({
      row,
      kind: logKindName(row.kind_id),
      metadata: parseMetadata(row.metadata_json),
      performer: accounts.get(row.performer_id ?? 0),
      namespace: accounts.get(row.account_id ?? 0),
    }))
  }

  return {
    /**
     * A page of entries, newest first.
     * @throws Problem `rule-violated` when the end is before the start.
     */
    async list(place: LogPlace, query: LogQuery) {
      const span = requireSpan(query, clock.now())
      const list = `logs ${place.kind} ${place.kind === 'everything' ? '' : String(place.id)}`
      const after = pageTokens.open(list, query.next_page, position)
      const page = after?.page ?? 1
      const { maxPage = Infinity } = config.logs
      const selection = page > maxPage ? undefined : await select(place, query.performer)
      const rows = selection ? await newestOf(selection, span, after) : []
      const shown = rows.slice(0, pageSize)
      const last = shown.at(-1)
      const goesOn = rows.length > pageSize && page < maxPage && last !== undefined
      return {
        span,
        events: await resolve(shown),
        nextPage: goesOn
          ? pageTokens.seal(list, { datetime: last.datetime, id: last.id, page: page + 1 })
          : undefined,
      }
    },

    /**
     * How often each kind occurred, by whole days.
     * @throws Problem `rule-violated` for more than 31 days, or an end before the start.
     */
    async aggregate(place: LogPlace, query: LogQuery) {
      const span = requireSpan(query, clock.now())
      if (span.to - span.from > (aggregatedDaysAtMost + 1) * dayMs) throw invalidSpan()
      const selection = await select(place, query.performer)
      if (selection === undefined) return []
      const counts = await store.countByDay(selection, dayOf(span.from), dayOf(span.to - 1))
      return counts.map(({ day, kind_id, count }) => ({
        kind: logKindName(kind_id),
        count,
        datetime: day * dayMs,
      }))
    },

    resolve,
  }
}

export function selectionOf(place: LogPlace): LogSelection {
  switch (place.kind) {
    case 'everything':
      return { scope: 'all', scopeId: 0 }
    case 'organization':
      return { scope: 'namespace', scopeId: place.id }
    case 'user':
      return { scope: 'namespace', scopeId: place.id, without: serviceKeyKinds }
    case 'repository':
      return { scope: 'repository', scopeId: place.id }
  }
}

/** The days asked for: the last one as a rule, and one more, so that the end is part of it. */
export function parseSpan({ starttime, endtime }: LogQuery, now: Instant): LogSpan {
  const from = parseLogDay(starttime) ?? now - dayMs
  return { from, to: (parseLogDay(endtime) ?? now) + dayMs }
}

function requireSpan(query: LogQuery, now: Instant): LogSpan {
  const span = parseSpan(query, now)
  if (span.to < span.from) throw invalidSpan()
  return span
}

function invalidSpan(): Problem {
  return new Problem('rule-violated', { message: 'Invalid date range for logs' })
}

/** What an older version wrote there is shown as far as it can be read. */
function parseMetadata(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
