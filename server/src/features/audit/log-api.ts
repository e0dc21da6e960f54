import {
  exportOrgLogs,
  exportRepoLogs,
  exportUserLogs,
  getAggregateOrgLogs,
  getAggregateRepoLogs,
  getAggregateUserLogs,
  getExportedLogs,
  listAllAggregateLogs,
  listAllLogs,
  listOrgLogs,
  listRepoLogs,
  listUserLogs,
} from '../../contract/logs.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import type { LogExportService } from './log-export-service.ts'
import type { LoggedEvent, LogPlace, LogQuery, LogService } from './log-service.ts'
import type { LogAccount } from './log-store.ts'

export function logApi({
  logs,
  exports,
  avatars,
}: {
  logs: LogService
  exports: LogExportService
  avatars: Avatars
}): readonly ApiRoute[] {
  const entity = (account: LogAccount) => ({
    name: account.username,
    avatar: avatars.of(account),
  })

  function presentEvent({ row, kind, metadata, performer }: LoggedEvent) {
    return {
      kind,
      metadata: { ...metadata },
      ip: row.ip,
      datetime: wireDate(row.datetime),
      ...(performer && {
        performer: {
          kind: 'user' as const,
          is_robot: performer.robot === 1,
          ...entity(performer),
        },
      }),
    }
  }

  /** Only the list of everything says whose each entry is. */
  function presentOwner({ namespace }: LoggedEvent) {
    if (namespace === undefined) return {}
    const kind = namespace.organization === 1 ? ('org' as const) : ('user' as const)
    return { namespace: { kind, ...entity(namespace) } }
  }

  async function list(place: LogPlace, query: LogQuery) {
    const { span, events, nextPage } = await logs.list(place, query)
    return {
      start_time: wireDate(span.from),
      end_time: wireDate(span.to),
      logs: events.map((event) => ({
        ...presentEvent(event),
        ...(place.kind === 'everything' ? presentOwner(event) : {}),
      })),
      ...(nextPage !== undefined && { next_page: nextPage }),
    }
  }

  async function aggregate(place: LogPlace, query: LogQuery) {
    const counts = await logs.aggregate(place, query)
    return {
      aggregated: counts.map(({ datetime, ...rest }) => ({
        ...rest,
        datetime: wireDate(datetime),
      })),
    }
  }

  const everything: LogPlace = { kind: 'everything' }
  const ofUser = (id: number) => ({ kind: 'user', id }) as const
  const ofOrganization = (id: number) => ({ kind: 'organization', id }) as const
  const ofRepository = (id: number) => ({ kind: 'repository', id }) as const
  const callbacks = (body: {
    callback_url?: string | null | undefined
    callback_email?: string | null | undefined
  }) => ({
    callbackUrl: body.callback_url ?? null,
    callbackEmail: body.callback_email ?? null,
  })

  return [
    route(listRepoLogs, ({ repository, query }) => list(ofRepository(repository.id), query)),
    route(listUserLogs, ({ user, query }) => list(ofUser(user.id), query)),
    route(listOrgLogs, ({ organization, query }) => list(ofOrganization(organization.id), query)),
    route(listAllLogs, ({ query }) => list(everything, query)),

    route(getAggregateRepoLogs, ({ repository, query }) =>
      aggregate(ofRepository(repository.id), query),
    ),
    route(getAggregateUserLogs, ({ user, query }) => aggregate(ofUser(user.id), query)),
    route(getAggregateOrgLogs, ({ organization, query }) =>
      aggregate(ofOrganization(organization.id), query),
    ),
    route(listAllAggregateLogs, ({ query }) => aggregate(everything, query)),

    route(exportRepoLogs, async ({ repository, namespace, query, body, actor }) => ({
      export_id: await exports.request(
        {
          place: ofRepository(repository.id),
          namespace,
          repository,
          query,
          ...callbacks(body),
        },
        actor,
      ),
    })),
    route(exportUserLogs, async ({ user, query, body, actor }) => ({
      export_id: await exports.request(
        { place: ofUser(user.id), namespace: user, repository: null, query, ...callbacks(body) },
        actor,
      ),
    })),
    route(exportOrgLogs, async ({ organization, query, body, actor }) => ({
      export_id: await exports.request(
        {
          place: ofOrganization(organization.id),
          namespace: organization,
          repository: null,
          query,
          ...callbacks(body),
        },
        actor,
      ),
    })),
    route(
      getExportedLogs,
      async ({ params }) => {
        const { sizeBytes, stream } = await exports.openFile(params.file_id)
        return reply(200, stream, {
          'Content-Type': 'application/json',
          'Content-Length': String(sizeBytes),
          'Content-Disposition': 'attachment; filename="logs.json"',
        })
      },
      { plain: ['access-denied'] },
    ),
  ]
}
