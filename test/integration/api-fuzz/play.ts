import { createSeededRandom } from '../../crash/seeded-random.ts'
import type { Operation } from '../../support/api-description.ts'
import type { Login } from '../../support/world.ts'
import { createCaller, type Caller } from './callers.ts'
import { meantCall } from './meant-call.ts'
import { oddCalls, type Known, type OddCall } from './odd-calls.ts'
import { createSchemaCheck } from './schema-check.ts'
import type { Sender } from './send.ts'
import { setStage, type Setting } from './settings.ts'
import type { Stage } from './stage.ts'
import { faultOf } from './verdict.ts'

export interface Played {
  readonly calls: number
  readonly rounds: number
  readonly statuses: ReadonlyMap<number, number>
  /** Calls that were refused though they were meant well, with the answers. */
  readonly refused: ReadonlyMap<string, string>
  /** What went wrong, each with what to send to see it again. */
  readonly faults: readonly string[]
}

/** They end the server, its writes or its work, for whoever may; the others are refused. */
const endsServer: ReadonlySet<string> = new Set([
  'scShutdownContainer',
  'stopService',
  'setReadOnly',
  'pauseWork',
  'setSiteConnection',
])

const oddEach = 12
const atOnce = 8

export const callOf = ({ method, path }: Pick<Operation, 'method' | 'path'>) => `${method} ${path}`

/**
 * Plays every call as it is meant, and odd ones as a superuser with full access and as an administrator
 * of an organization. The first round is always played to its end; further ones until the time is over.
 */
export async function play(
  { stage, sender }: { stage: Stage; sender: Sender },
  operations: readonly Operation[],
  { seed, playMs }: { seed: string; playMs: number },
): Promise<Played> {
  const { server, world } = stage
  const callers = new Map<string, Caller>()
  const check = createSchemaCheck()
  const statuses = new Map<number, number>()
  const refused = new Map<string, string>()
  const faults = new Map<string, string>()
  const until = performance.now() + playMs
  let calls = 0
  let rounds = 0

  function callerOf(login: Login): Caller {
    const caller = callers.get(login.username) ?? createCaller(server, login)
    callers.set(login.username, caller)
    return caller
  }

  async function playMeant(operation: Operation) {
    const random = createSeededRandom(`${seed}/${rounds}/meant/${callOf(operation)}`)
    const setting = await setStage(stage, operation)
    const caller = callerOf(setting.as ?? world.logins.admin)
    if (endsServer.has(operation.operationId)) {
      refused.set(callOf(operation), 'not called')
      return
    }
    const call = meantCall(operation, setting, random)
    const outcome = await judge(operation, call, caller.name, await caller.credentials())
    const isServed = typeof outcome === 'object' && outcome.status < 400
    if (!isServed)
      refused.set(callOf(operation), `${retold(call, caller.name)}\n${answered(outcome)}`)
  }

  async function playOdd(operation: Operation, login: Login) {
    const random = createSeededRandom(`${seed}/${rounds}/${login.username}/${callOf(operation)}`)
    const setting = await setStage(stage, operation)
    const isOwn = setting.as !== undefined && setting.as !== world.superuser
    const caller = callerOf(isOwn ? (setting.as ?? login) : login)
    const credentials = await caller.credentials()
    const waiting = oddCalls(operation, random, knownOf(setting), oddEach)
    const turn = async () => {
      for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
        await judge(operation, call, caller.name, credentials)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, turn))
  }

  async function judge(
    operation: Operation,
    call: OddCall,
    caller: string,
    credentials: Readonly<Record<string, string>>,
  ) {
    const outcome = await sender.send(call, credentials)
    calls += 1
    if (typeof outcome === 'object') {
      statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1)
    }
    const fault = faultOf(operation, call, outcome, check)
    // One of a kind is enough to go and look.
    const kind = `${callOf(operation)}: ${String(fault)}`
    if (fault !== undefined && !faults.has(kind)) {
      faults.set(kind, `${kind}\n${retold(call, caller)}\n${answered(outcome)}`)
    }
    return outcome
  }

  let looked = 0
  function lookForSecrets(operation: Operation) {
    const output = server.output()
    // A line may have been cut where the last look ended.
    const added = output.slice(Math.max(0, looked - 10_000))
    looked = output.length
    const ofCallers = [...callers.values()].flatMap((one) => one.secrets())
    for (const secret of [...world.secrets, ...stage.secrets(), ...ofCallers]) {
      if (added.includes(secret)) faults.set('log', leaked(added, secret, callOf(operation)))
    }
  }

  do {
    for (const operation of operations) {
      if (rounds > 0 && performance.now() > until) break
      await playMeant(operation)
      for (const login of [world.superuser, world.logins.admin]) {
        const isRefused = login !== world.superuser
        if (!endsServer.has(operation.operationId) || isRefused) await playOdd(operation, login)
      }
      lookForSecrets(operation)
    }
    rounds += 1
  } while (performance.now() < until)
  return { calls, rounds, statuses, refused, faults: [...faults.values()] }
}

/** What the stage was set for comes up often enough, beside what is not there. */
function knownOf({ values }: Setting): Known {
  return (parameter) => {
    const value = values[parameter]
    return typeof value === 'string' ? [value, value, 'unknown'] : ['unknown']
  }
}

const shown = 600

/** The line with the secret, but not the secret. */
function leaked(output: string, secret: string, call: string): string {
  const line = output.split('\n').find((text) => text.includes(secret)) ?? ''
  return `a secret in the log after ${call}: ${line.replaceAll(secret, '(the secret)').slice(0, shown)}`
}

function retold({ label, method, path, headers, body }: OddCall, caller: string): string {
  const sent = body === undefined ? '' : ` with ${body.toString().slice(0, shown)}`
  return `  as ${caller} (${label}): ${method} ${path.slice(0, shown)} ${JSON.stringify(headers).slice(0, shown)}${sent}`
}

function answered(outcome: unknown): string {
  return `  answered: ${JSON.stringify(outcome).slice(0, shown)}`
}
