import type { Client } from '../../api/client.ts'
import type { Input, Output } from '../../api/operations.ts'

/** Whose log it is. */
export interface LogScope {
  readonly kind: 'organization' | 'repository' | 'user' | 'all'
  /** Of the organization or the repository. */
  readonly name?: string | undefined
}

export type LogFilters = NonNullable<Input<'GET /api/v1/mooring/logs'>['query']>
export type LogPage = Output<'GET /api/v1/mooring/logs'>
export type LogCounts = Output<'GET /api/v1/user/aggregatelogs'>['aggregated']

/** Each scope has routes of its own. */
export function logCalls(client: Client, { kind, name = '' }: LogScope) {
  return {
    list(query: LogFilters, signal: AbortSignal): Promise<LogPage> {
      switch (kind) {
        case 'organization':
          return client.call('GET /api/v1/mooring/organization/{orgname}/logs', {
            params: { orgname: name },
            query,
            signal,
          })
        case 'repository':
          return client.call('GET /api/v1/mooring/repository/{repository}/logs', {
            params: { repository: name },
            query,
            signal,
          })
        case 'user':
          return client.call('GET /api/v1/mooring/user/logs', { query, signal })
        case 'all':
          return client.call('GET /api/v1/mooring/logs', { query, signal })
      }
    },
    /** Where the file is to be had. */
    file(query: LogFilters & { readonly format: 'csv' | 'jsonl' }): string {
      switch (kind) {
        case 'organization':
          return client.address('GET /api/v1/mooring/organization/{orgname}/logs/download', {
            params: { orgname: name },
            query,
          })
        case 'repository':
          return client.address('GET /api/v1/mooring/repository/{repository}/logs/download', {
            params: { repository: name },
            query,
          })
        case 'user':
          return client.address('GET /api/v1/mooring/user/logs/download', { query })
        case 'all':
          return client.address('GET /api/v1/mooring/logs/download', { query })
      }
    },
    /** By day and kind. */
    async count(starttime: string, endtime: string, signal: AbortSignal): Promise<LogCounts> {
      const query = { starttime, endtime }
      switch (kind) {
        case 'organization': {
          const { aggregated } = await client.call(
            'GET /api/v1/organization/{orgname}/aggregatelogs',
            { params: { orgname: name }, query, signal },
          )
          return aggregated
        }
        case 'repository': {
          const { aggregated } = await client.call(
            'GET /api/v1/repository/{repository}/aggregatelogs',
            { params: { repository: name }, query, signal },
          )
          return aggregated
        }
        case 'user':
          return (await client.call('GET /api/v1/user/aggregatelogs', { query, signal })).aggregated
        case 'all':
          return (await client.call('GET /api/v1/superuser/aggregatelogs', { query, signal }))
            .aggregated
      }
    },
    /** To an address that is told when the file is ready; the whole registry has no such route. */
    async export(
      query: { readonly starttime: string; readonly endtime: string },
      body: { readonly callback_url?: string; readonly callback_email?: string },
    ): Promise<string> {
      switch (kind) {
        case 'organization': {
          const { export_id } = await client.call(
            'POST /api/v1/organization/{orgname}/exportlogs',
            {
              params: { orgname: name },
              query,
              body,
            },
          )
          return export_id
        }
        case 'repository': {
          const { export_id } = await client.call(
            'POST /api/v1/repository/{repository}/exportlogs',
            {
              params: { repository: name },
              query,
              body,
            },
          )
          return export_id
        }
        case 'user':
        case 'all':
          return (await client.call('POST /api/v1/user/exportlogs', { query, body })).export_id
      }
    },
  }
}
