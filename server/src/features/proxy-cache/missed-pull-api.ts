import { z } from 'zod'

import {
  deleteMissedPull,
  listMissedPulls,
  updateMissedPull,
} from '../../contract/mooring-missed-pulls.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDate } from '../api/wire-date.ts'
import { countClients, readSketch } from './client-sketch.ts'
import type { MissedPulls } from './missed-pull-service.ts'
import type { MissedPullRow } from './missed-pull-store.ts'

const perPage = 50
const Position = z.object({ value: z.number(), id: z.string() })

export function missedPullApi({
  missedPulls,
  pageTokens,
}: {
  missedPulls: MissedPulls
  pageTokens: PageTokens
}): readonly ApiRoute[] {
  return [
    route(listMissedPulls, async ({ query }) => {
      const order = query.sort ?? 'count'
      const list = `missed-pulls ${order}`
      const rows = await missedPulls.page({
        isIgnored: query.ignored ?? false,
        part: query.search ?? '',
        order,
        after: pageTokens.open(list, query.next_page, Position),
        limit: perPage + 1,
      })
      const shown = rows.slice(0, perPage)
      const last = rows.length > perPage ? shown.at(-1) : undefined
      return {
        missed_pulls: shown.map(present),
        ...(last && {
          next_page: pageTokens.seal(list, {
            value: order === 'count' ? last.count : last.last_at,
            id: last.id,
          }),
        }),
      }
    }),
    route(updateMissedPull, async ({ params, body }) =>
      present(await missedPulls.setIgnored(params.missed_pull_id, body.ignored)),
    ),
    route(deleteMissedPull, async ({ params }) => {
      await missedPulls.delete(params.missed_pull_id)
      return undefined
    }),
  ]
}

function present(row: MissedPullRow) {
  return {
    id: row.id,
    reference: row.reference,
    upstream: row.upstream === '' ? null : row.upstream,
    count: row.count,
    clients: countClients(readSketch(row.clients_sketch)),
    first_asked: wireDate(row.first_at),
    last_asked: wireDate(row.last_at),
    ignored: row.ignored === 1,
  }
}
