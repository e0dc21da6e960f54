import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Who may call, in one word. `…-or-reader` also lets global read-only superusers pass; superusers with
 * full access pass wherever a repository or an organization is named.
 */
export type Who = (typeof callerClasses)[number]

export const callerClasses = [
  /** Without a login only while anonymous access is on. */
  'anyone',
  /** Also while it is off. */
  'everybody',
  'user',
  /** A refusal of its own while anonymous access is off. */
  'user-always',
  'unrestricted-user',
  'repository-reader',
  'repository-writer',
  /** A writer, while the repository is in its normal state and its owner is not restricted. */
  'content-writer',
  'repository-admin',
  'repository-admin-or-reader',
  'member-or-reader',
  'team-member-or-reader',
  'organization-admin',
  'organization-admin-or-reader',
  /** An administrator, who has to hold each scope that is given. */
  'token-giver',
  'superuser',
  'superuser-or-reader',
  'full-superuser-or-reader',
  /** A superuser, or anybody while there is no account. */
  'first-or-superuser',
  'repository-creator',
  'organization-creator',
  /** An administrator of the organization who is a superuser. */
  'team-sync',
  /** Only where an external directory knows the people. */
  'federated',
  /** Pages of a browser: a session is needed, and for some an administrator's. */
  'session',
  'application-admin',
  'application-admin-or-password',
  /** Whoever brings what the call is about: a code, an id, a secret, a signature. */
  'code-holder',
  'id-holder',
  'oauth-client',
  'key-holder',
  'federated-robot',
] as const

export interface Expectation {
  readonly method: string
  readonly path: string
  /** Undefined for a page that no discovery document lists. */
  readonly operationId: string | undefined
  readonly scope: string | null
  readonly who: Who
  readonly freshLogin: boolean
  readonly internal: boolean
  readonly switches: readonly string[]
}

const table = fileURLToPath(new URL('api-endpoints.tsv', import.meta.url))

/** What every route of the management API is held to, beside and apart from what its contract says. */
export function readExpectations(): readonly Expectation[] {
  const [, ...lines] = readFileSync(table, 'utf8').trimEnd().split('\n')
  return lines.map(parseLine)
}

function parseLine(line: string): Expectation {
  const cells = line.split('\t')
  const [method = '', path = '', operationId = '', scope = '', who = '', fresh, internal] = cells
  const known = callerClasses.find((one) => one === who)
  if (cells.length !== 8 || known === undefined) throw new Error(`unreadable: ${line}`)
  const switches = cells[7] === '-' ? [] : (cells[7]?.split(' ') ?? [])
  return {
    method,
    path,
    operationId: operationId === '-' ? undefined : operationId,
    scope: scope === '-' ? null : scope,
    who: known,
    freshLogin: fresh === 'fresh',
    internal: internal === 'internal',
    switches,
  }
}
