import { Readable } from 'node:stream'

import {
  downloadOrganizationLogs,
  downloadRegistryLogs,
  downloadRepositoryLogs,
  downloadUserLogs,
  listOrganizationLogRows,
  listRegistryLogRows,
  listRepositoryLogRows,
  listUserLogRows,
} from '../../contract/interface-logs.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import type { LogPlace } from '../audit/log-service.ts'
import type { LogAccount } from '../audit/log-store.ts'
import { logFormats, type LogFormat, type LogLine } from './log-lines.ts'
import type { LoggedRow, LogRows, LogWish } from './log-row-service.ts'
import { parseInstant } from './parse-instant.ts'

type Query = Omit<LogWish, 'from' | 'to'> & {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly format?: LogFormat | undefined
}

/** The action log as pages list it, and as a file. */
export function logRowApi({
  rows,
  avatars,
}: {
  rows: LogRows
  avatars: Avatars
}): readonly ApiRoute[] {
  const entity = (account: LogAccount) => ({
    name: account.username,
    avatar: avatars.of(account),
  })

  const present = ({ row, kind, metadata, performer, namespace, repository }: LoggedRow) => ({
    kind,
    metadata: { ...metadata },
    ip: row.ip,
    datetime: wireDate(row.datetime),
    repository,
    ...(performer && {
      performer: { kind: 'user' as const, is_robot: performer.robot === 1, ...entity(performer) },
    }),
    ...(namespace && {
      namespace: {
        kind: namespace.organization === 1 ? ('org' as const) : ('user' as const),
        ...entity(namespace),
      },
    }),
  })

  async function list(place: LogPlace, query: Query) {
    const { span, rows: found, isPartial, nextPage } = await rows.list(place, wishOf(query))
    return {
      from: wireDate(span.from),
      to: wireDate(span.to),
      items: found.map(present),
      ...(nextPage !== undefined && { next_page: nextPage }),
      is_partial: isPartial,
    }
  }

  function download(place: LogPlace, query: Query) {
    const name = query.format ?? 'csv'
    const lines = rows.lines(place, wishOf(query))
    return Promise.resolve(
      reply(200, Readable.from(textOf(lines, name)), {
        'Content-Type': logFormats[name].type,
        'Content-Disposition': `attachment; filename="logs.${name}"`,
      }),
    )
  }

  const everything: LogPlace = { kind: 'everything' }
  const ofUser = (id: number) => ({ kind: 'user', id }) as const
  const ofOrganization = (id: number) => ({ kind: 'organization', id }) as const
  const ofRepository = (id: number) => ({ kind: 'repository', id }) as const

  return [
    route(listRepositoryLogRows, ({ repository, query }) =>
      list(ofRepository(repository.id), query),
    ),
    route(listUserLogRows, ({ user, query }) => list(ofUser(user.id), query)),
    route(listOrganizationLogRows, ({ organization, query }) =>
      list(ofOrganization(organization.id), query),
    ),
    route(listRegistryLogRows, ({ query }) => list(everything, query)),

    route(downloadRepositoryLogs, ({ repository, query }) =>
      download(ofRepository(repository.id), query),
    ),
    route(downloadUserLogs, ({ user, query }) => download(ofUser(user.id), query)),
    route(downloadOrganizationLogs, ({ organization, query }) =>
      download(ofOrganization(organization.id), query),
    ),
    route(downloadRegistryLogs, ({ query }) => download(everything, query)),
  ]
}

function wishOf({ from, to, ...query }: Query): LogWish {
  return { ...query, from: parseInstant(from), to: parseInstant(to) }
}

async function* textOf(lines: AsyncIterable<LogLine>, name: LogFormat): AsyncGenerator<string> {
  const format = logFormats[name]
  if (format.head !== '') yield format.head
  for await (const line of lines) yield format.line(line)
}
