import { Command } from 'commander'
import { createAuditLog, system } from '../features/audit/audit-log.ts'
import { presentUpstream } from '../features/mirrors/present-mirror.ts'
import {
  createConnectionControl,
  type ConnectionState,
} from '../features/upstreams/connection-service.ts'
import { presentConnection } from '../features/upstreams/present-upstream.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { withDatabase, type DataParts } from './with-database.ts'
import { withMirrors } from './with-mirrors.ts'

type Options = DataOptions & { readonly json?: boolean; readonly reason?: string }
type ShownUpstream = ReturnType<typeof presentUpstream>

const json = ['--json', 'print one JSON object'] as const

/** The ways to other registries as a whole. */
export function mirrorConnectionCommands(): readonly Command[] {
  return [disconnect(), connect(), connection(), upstreams()]
}

function disconnect(): Command {
  return withDataOptions(new Command('disconnect'))
    .description(
      'ask nothing of other registries any more: mirrors wait with what they have, caches answer ' +
        'with what is here; a running server follows within seconds',
    )
    .option('--reason <text>', 'for those who wonder')
    .option(...json)
    .action(async (options: Options) => {
      const state = await withDatabase(options, (parts) =>
        controlOf(parts).disconnect(options.reason ?? null, { by: 'command line', actor: system }),
      )
      print(presentConnection(state), describe(state), options)
    })
}

function connect(): Command {
  return withDataOptions(new Command('connect'))
    .description('ask other registries again; what waited goes on')
    .option(...json)
    .action(async (options: Options) => {
      const state = await withDatabase(options, async (parts) => {
        await controlOf(parts).connect(system)
        return controlOf(parts).state()
      })
      print(presentConnection(state), describe(state), options)
    })
}

function connection(): Command {
  return withDataOptions(new Command('connection'))
    .description('whether anything is asked of other registries')
    .option(...json)
    .action(async (options: Options) => {
      const state = await withDatabase(options, (parts) => controlOf(parts).state())
      print(presentConnection(state), describe(state), options)
    })
}

function upstreams(): Command {
  return withDataOptions(new Command('upstreams'))
    .description('the registries that mirrors and caches follow, and what they allow')
    .option(...json)
    .action(async (options: Options) => {
      const { upstreams: found } = await withMirrors(options, ({ views }) => views.overview())
      const shown = found.map(presentUpstream)
      const lines = shown.map(describeUpstream)
      print({ upstreams: shown }, lines.length === 0 ? 'none' : lines.join('\n'), options)
    })
}

function controlOf({ config, database: { db }, clock, log }: DataParts) {
  const audit = createAuditLog({ db, clock, logger: log, config })
  return createConnectionControl({ db, clock, audit })
}

function describe({ connected, by, reason, since }: ConnectionState): string {
  if (connected) return 'connected: other registries are asked'
  const when = since === null ? '' : ` since ${new Date(since).toISOString()}`
  return `disconnected${when} (${by ?? ''}${reason === null ? '' : `: ${reason}`})`
}

function describeUpstream(upstream: ShownUpstream): string {
  const { host, mirrors, caches, credentials, allowance, check, message } = upstream
  const parts = [`${host}  ${String(mirrors)} mirrors, ${String(caches)} caches`]
  if (credentials.state !== 'none') parts.push(`credentials: ${credentials.state}`)
  if (allowance !== null) {
    const { remaining, limit, resets } = allowance
    const of = limit === null ? '' : ` of ${String(limit)}`
    const again = resets === null ? '' : `, more at ${resets}`
    parts.push(`may be asked ${String(remaining)}${of} times more${again}`)
  }
  if (check !== null) {
    const how = check.ok ? `answered within ${String(check.milliseconds)} ms` : check.message
    parts.push(`tried ${check.at}: ${how ?? ''}`)
  }
  if (message !== null) parts.push(message)
  return parts.join('\n  ')
}
