import { createSeededRandom } from '../../crash/seeded-random.ts'
import { routeOf, type ContractEndpoint } from '../../support/contract.ts'
import type { TestServer } from '../../support/server.ts'
import type { World } from '../../support/world.ts'
import { createCaller, createSpares, type Caller } from './callers.ts'
import { oddCalls, type Known, type OddCall } from './odd-calls.ts'
import type { Sender } from './send.ts'
import { faultOf } from './verdict.ts'

export interface Played {
  readonly calls: number
  readonly rounds: number
  readonly statuses: ReadonlyMap<number, number>
  /** Routes of which every answer was a refusal. */
  readonly unserved: readonly string[]
  /** What went wrong, each with what to send to see it again. */
  readonly faults: readonly string[]
}

/** Calls after which whoever made them may be somebody else, or nobody. */
const endsAccount = new Set([
  'changeUserDetails',
  'convertUserToOrganization',
  'deleteCurrentUser',
  'generateUserClientKey',
  'logout',
  'verifyUser',
])
/** Ends the server for whoever may; the others are refused. */
const endsServer = 'scShutdownContainer'

const callsEach = 12
const atOnce = 8

/**
 * Plays odd calls to every endpoint, as a superuser with full access and as an administrator of an
 * organization. The first round is always played to its end; further ones until the time is over.
 */
export async function play(
  { server, world, sender }: { server: TestServer; world: World; sender: Sender },
  endpoints: readonly ContractEndpoint[],
  { seed, playMs }: { seed: string; playMs: number },
): Promise<Played> {
  const callers = [
    createCaller(server, world.superuser),
    createCaller(server, world.logins.admin),
  ] as const
  const spares = createSpares(server, world.superuser)
  const statuses = new Map<number, number>()
  const faults = new Map<string, string>()
  const unserved = new Set(endpoints.map(routeOf))
  const until = performance.now() + playMs
  let calls = 0
  let rounds = 0

  async function playEndpoint(endpoint: ContractEndpoint, caller: Caller, superuser: boolean) {
    const random = createSeededRandom(`${seed}/${rounds}/${caller.name}/${routeOf(endpoint)}`)
    const spare = endsAccount.has(endpoint.operationId)
      ? createCaller(server, await spares.next())
      : undefined
    if (superuser && endpoint.operationId === endsServer) return
    const credentials = await (spare ?? caller).credentials()
    const waiting = oddCalls(endpoint, random, knownTo(world, endpoint), callsEach)
    const turn = async () => {
      for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
        await judge(endpoint, call, caller.name, credentials)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, turn))
    const output = server.output()
    for (const secret of [...world.secrets, ...caller.secrets(), ...(spare?.secrets() ?? [])]) {
      if (output.includes(secret)) faults.set('log', leaked(output, secret, routeOf(endpoint)))
    }
  }

  async function judge(
    endpoint: ContractEndpoint,
    call: OddCall,
    caller: string,
    credentials: Readonly<Record<string, string>>,
  ) {
    const outcome = await sender.send(call, credentials)
    calls += 1
    if (typeof outcome === 'object') {
      statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1)
      if (isServed(endpoint, call, outcome.status)) unserved.delete(routeOf(endpoint))
    }
    const fault = faultOf(endpoint, call, outcome)
    if (fault === undefined) return
    // One of a kind is enough to go and look.
    const kind = `${routeOf(endpoint)}: ${fault}`
    if (!faults.has(kind))
      faults.set(kind, `${kind}\n${retold(call, caller)}\n${answered(outcome)}`)
  }

  const inOrder = [...endpoints].sort(
    (a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'),
  )
  do {
    for (const endpoint of inOrder) {
      if (rounds > 0 && performance.now() > until) break
      for (const [at, caller] of callers.entries()) await playEndpoint(endpoint, caller, at === 0)
    }
    rounds += 1
  } while (performance.now() < until)
  return { calls, rounds, statuses, unserved: [...unserved], faults: [...faults.values()] }
}

function isServed(endpoint: ContractEndpoint, call: OddCall, status: number): boolean {
  return status < 400 && call.method === endpoint.method && call.label !== 'path'
}

const shown = 600

/** The line with the secret, but not the secret. */
function leaked(output: string, secret: string, route: string): string {
  const line = output.split('\n').find((text) => text.includes(secret)) ?? ''
  return `a secret in the log after ${route}: ${line.replaceAll(secret, '(the secret)').slice(0, shown)}`
}

function retold({ label, method, path, headers, body }: OddCall, caller: string): string {
  const sent = body === undefined ? '' : ` with ${body.toString().slice(0, shown)}`
  return `  as ${caller} (${label}): ${method} ${path.slice(0, shown)} ${JSON.stringify(headers).slice(0, shown)}${sent}`
}

function answered(outcome: unknown): string {
  return `  answered: ${JSON.stringify(outcome).slice(0, shown)}`
}

/** Things that must outlive the play are not named to what would end them. */
const endsThing = new Set([
  'deleteAdminedOrganization',
  'deleteOrganization',
  'changeOrganization',
  'takeOwnership',
  'deleteRepository',
  'deleteInstallUser',
  'changeInstallUser',
  'removeOrganizationMember',
])

function knownTo(world: World, { operationId }: ContractEndpoint): Known {
  const { home, foreign } = world
  const names: Readonly<Record<string, readonly string[]>> = {
    orgname: [home.orgname],
    name: [home.orgname],
    namespace: [home.orgname],
    repository: [home.repository, world.publicRepository],
    teamname: [world.team],
    membername: ['member'],
    username: ['member', 'reader', world.robot.username],
    robot_shortname: ['deploy'],
    tag: ['latest'],
    manifestref: [home.manifestref],
    labelid: [home.labelid],
    prototypeid: [home.prototypeid],
    policy_uuid: [home.organizationPolicy, home.repositoryPolicy],
    client_id: [home.client_id],
    token_uuid: [home.token_uuid, home.apptoken, foreign.token_uuid],
    kid: [world.serviceKeyId],
    service: ['sample', 'quay'],
    prefix: ['har'],
    email: ['someone@example.com'],
    error_type: ['invalid_token'],
    service_id: ['github'],
  }
  return (parameter) => {
    if (endsThing.has(operationId)) return ['doomed', 'doomed/doomed']
    const known = names[parameter] ?? []
    return [...known, ...known, 'unknown']
  }
}
