import type { Client } from '../../api/client.ts'
import type { Input, Output } from '../../api/operations.ts'

type Members = 'GET /api/v1/mooring/organization/{orgname}/members'
type Query = NonNullable<Input<Members>['query']>
type Page = Output<Members>

export type PeopleKind = 'members' | 'collaborators'
export type PersonRow = Page['items'][number]

/** Collaborators are in no team. */
export async function loadPeople(
  client: Client,
  orgname: string,
  kind: PeopleKind,
  query: Query,
  signal: AbortSignal,
): Promise<Pick<Page, 'items' | 'total'>> {
  const input = { params: { orgname }, query, signal }
  if (kind === 'members') {
    return client.call('GET /api/v1/mooring/organization/{orgname}/members', input)
  }
  const { items, total } = await client.call(
    'GET /api/v1/mooring/organization/{orgname}/collaborators',
    input,
  )
  return { items: items.map((row) => ({ ...row, teams: [] })), total }
}
