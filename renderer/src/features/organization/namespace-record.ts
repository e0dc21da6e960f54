import { ApiError } from '../../api/api-error.ts'
import type { Client } from '../../api/client.ts'
import type { Output } from '../../api/operations.ts'

export type Organization = Output<'GET /api/v1/organization/{orgname}'>
type Person = Output<'GET /api/v1/users/{username}'>

export type NamespaceRecord =
  | { readonly kind: 'organization'; readonly organization: Organization }
  | { readonly kind: 'user'; readonly person: Person }

/** Addresses of organizations lead to people too, and the other way round: names are unique. */
export async function loadNamespace(
  client: Client,
  name: string,
  expected: 'organization' | 'user',
  signal: AbortSignal,
): Promise<NamespaceRecord> {
  const load = { organization: loadOrganization, user: loadPerson } as const
  try {
    return await load[expected](client, name, signal)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    return load[expected === 'user' ? 'organization' : 'user'](client, name, signal)
  }
}

async function loadOrganization(client: Client, orgname: string, signal: AbortSignal) {
  const organization = await client.call('GET /api/v1/organization/{orgname}', {
    params: { orgname },
    signal,
  })
  return { kind: 'organization', organization } as const
}

async function loadPerson(client: Client, username: string, signal: AbortSignal) {
  const person = await client.call('GET /api/v1/users/{username}', {
    params: { username },
    signal,
  })
  return { kind: 'user', person } as const
}
