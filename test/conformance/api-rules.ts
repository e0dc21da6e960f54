import type { ContractEndpoint } from '../support/contract.ts'
import type { Expectation, Who } from './api-expectations.ts'

/** Everything in which a route differs from what it is held to, as lines for a person. */
export function endpointProblems(
  endpoint: ContractEndpoint,
  expected: Expectation,
): readonly string[] {
  const where = `${endpoint.method} ${endpoint.path}`
  const differing = (what: string, found: unknown, wanted: unknown) =>
    JSON.stringify(found) === JSON.stringify(wanted)
      ? []
      : [`${where}: ${what} is ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`]

  const { rule } = endpoint
  return [
    ...(expected.operationId === undefined
      ? differing('undocumented', endpoint.undocumented ?? false, true)
      : differing('operationId', endpoint.operationId, expected.operationId)),
    ...differing('scope', endpoint.scope, expected.scope),
    ...differing('freshLogin', endpoint.freshLogin ?? false, expected.freshLogin),
    ...differing('internal', endpoint.internal ?? false, expected.internal),
    ...differing('switches', [...(endpoint.switches ?? [])].sort(), [...expected.switches].sort()),
    // What a handler decides by itself is seen by the authorization matrix alone.
    ...(rule.kind === 'handler'
      ? []
      : differing('rule', normalized(endpoint), rules[expected.who] ?? 'handler')),
  ]
}

type PlainRule = Readonly<Record<string, unknown>>

/** A rule with its defaults filled in and without what has nothing to do with rights. */
function normalized({ rule, method }: ContractEndpoint): PlainRule {
  const { kind, role, always, unrestricted, changesContent, fullAccess } = rule
  const hasReaders = ['repository', 'organization', 'superuser'].includes(kind)
  return sorted({
    kind,
    ...(role !== undefined && { role }),
    ...(hasReaders && { readers: rule['readers'] ?? method === 'GET' }),
    ...(always !== undefined && { always }),
    ...(unrestricted !== undefined && { unrestricted }),
    ...(changesContent !== undefined && { changesContent }),
    ...(fullAccess !== undefined && { fullAccess }),
  })
}

const repository = (role: string, readers: boolean, more = {}): PlainRule =>
  sorted({ kind: 'repository', role, readers, ...more })
const organization = (role: string, readers: boolean): PlainRule =>
  sorted({ kind: 'organization', role, readers })
const superuser = (readers: boolean, more = {}): PlainRule =>
  sorted({ kind: 'superuser', readers, ...more })
const everybody = sorted({ kind: 'anyone', always: true })

/** The rule that stands for each class; the others are decided by their handlers. */
const rules: Partial<Record<Who, PlainRule>> = {
  anyone: { kind: 'anyone' },
  everybody,
  user: { kind: 'user' },
  'user-always': sorted({ kind: 'user', always: true }),
  'unrestricted-user': sorted({ kind: 'user', unrestricted: true }),
  'repository-reader': repository('read', true),
  'repository-writer': repository('write', false),
  'content-writer': repository('write', false, { changesContent: true }),
  'repository-admin': repository('admin', false),
  'repository-admin-or-reader': repository('admin', true),
  'member-or-reader': organization('member', true),
  'team-member-or-reader': { kind: 'team' },
  'organization-admin': organization('admin', false),
  'token-giver': organization('admin', false),
  'organization-admin-or-reader': organization('admin', true),
  superuser: superuser(false),
  'superuser-or-reader': superuser(true),
  'full-superuser-or-reader': superuser(true, { fullAccess: true }),
  'code-holder': everybody,
  'id-holder': everybody,
  'oauth-client': everybody,
  'key-holder': everybody,
  'federated-robot': everybody,
}

function sorted<T extends object>(rule: T): T {
  const entries = Object.entries(rule).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries) as T
}
