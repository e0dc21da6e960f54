import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readExpectations, type Expectation } from '../conformance/api-expectations.ts'
import type { ApiClient } from '../support/api-client.ts'
import { readContract, routeOf, type ContractEndpoint } from '../support/contract.ts'
import type { Response } from '../support/http-request.ts'
import type { TestServer } from '../support/server.ts'
import { prepareWorld, type WorldServers } from '../support/world-server.ts'
import { openCallers, type Caller } from './authorization/callers.ts'
import { planCall, type Scratch } from './authorization/requests.ts'
import { expectedVerdict, type Verdict } from './authorization/rights.ts'

const endpoints = new Map((await readContract()).map((one) => [routeOf(one), one]))
/** Signing out ends what others still need, so it comes last. */
const expectations = readExpectations()
  .filter((one) => endpoints.has(`${one.method} ${one.path}`))
  .sort((a, b) => Number(a.operationId === 'logout') - Number(b.operationId === 'logout'))
const endpointOf = ({ method, path }: Expectation): ContractEndpoint => {
  const endpoint = endpoints.get(`${method} ${path}`)
  if (endpoint === undefined) throw new Error(`${method} ${path} is not declared`)
  return endpoint
}

/** Would end the server that the other calls need. */
const endsServer = (expectation: Expectation, { rights }: Caller) =>
  ['scShutdownContainer', 'stopService'].includes(expectation.operationId ?? '') && rights.superuser

let servers: WorldServers
beforeAll(async () => {
  servers = await prepareWorld()
})
afterAll(() => servers[Symbol.asyncDispose]())

describe.each([
  { title: 'with superusers who only administer', fullAccess: false },
  { title: 'with superusers who have full access', fullAccess: true },
])('the management API $title', ({ fullAccess }) => {
  let server: TestServer
  let callers: readonly Caller[]
  let scratch: Scratch
  beforeAll(async () => {
    server = await servers.open({ FEATURE_SUPERUSERS_FULL_ACCESS: fullAccess })
    callers = await openCallers(server, servers.world, { fullAccess })
    scratch = createScratch(await server.signedIn(servers.world.logins.admin), fullAccess)
  })
  afterAll(() => server.stop())

  it.each(expectations)('$method $path lets in whom it should', async (expectation) => {
    const asked = callers.filter((caller) => !endsServer(expectation, caller))
    const expected = new Map<string, Verdict>()
    const found = new Map<string, string>()
    await Promise.all(
      asked.map(async (caller) => {
        const verdict = expectedVerdict(expectation, caller.rights)
        expected.set(caller.name, verdict)
        const answer = await call(caller, expectation, verdict === 'let through')
        found.set(caller.name, seen(answer, verdict))
      }),
    )
    expect(sorted(found)).toEqual(sorted(expected))
  })

  async function call(caller: Caller, expectation: Expectation, allowed: boolean) {
    const endpoint = endpointOf(expectation)
    const planned = await planCall(endpoint, servers.world, allowed, scratch)
    return caller.request(endpoint.method, planned.path, planned.body, {
      ...(planned.contentType !== undefined && { 'content-type': planned.contentType }),
    })
  }
})

/** What became of a call; more words where it is not what was expected. */
function seen(answer: Response, expected: Verdict): string {
  const { status, headers } = answer
  const sentAway = status === 302 && /signin|[?&]error=access_denied/.test(headers.location ?? '')
  const refused = status === 401 || status === 403 || sentAway
  const isServed = status !== 404 || !answer.text().includes('requested URL was not found')
  switch (expected) {
    case 'let through':
      if (!refused && status < 500 && isServed) return expected
      break
    case 'page refused':
      if (refused) return expected
      break
    case 'not done':
      if (status >= 300 && status < 500) return expected
      break
    default:
      if (String(status) === expected) return expected
  }
  return `${status} ${answer.text().slice(0, 200)}`
}

const sorted = (verdicts: ReadonlyMap<string, string>) =>
  Object.fromEntries([...verdicts].sort(([a], [b]) => (a < b ? -1 : 1)))

/** Things of `admin` that others with the same right may destroy. */
function createScratch(admin: ApiClient, fullAccess: boolean): Scratch {
  let made = 0
  return async (kind) => {
    const name = `scratch-${fullAccess ? 'full' : 'plain'}-${++made}`
    if (kind === 'organization') {
      await admin.post('/api/v1/organization/', { name, email: `${name}@example.com` }, 201)
      return name
    }
    const repository = `harbour/${name}`
    const body = { namespace: 'harbour', repository: name, visibility: 'private', description: '' }
    await admin.post('/api/v1/repository', body, 201)
    const permission = `/api/v1/repository/${repository}/permissions/user/keeper`
    await admin.put(permission, { role: 'admin' })
    return repository
  }
}
