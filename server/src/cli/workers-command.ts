import { Argument, Command } from 'commander'
import { pausableWork } from '../contract/appliance-workers.ts'
import {
  createPauseControl,
  type PausableWork,
  type WorkerPause,
} from '../features/appliance/worker-pause-service.ts'
import { createAuditLog, system } from '../features/audit/audit-log.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { withDatabase, type DataParts } from './with-database.ts'

interface Options extends DataOptions {
  readonly json?: boolean
}

const hourMs = 3_600_000
const json = ['--json', 'print one JSON object'] as const

export function workersCommand(): Command {
  return new Command('workers')
    .description('pause work in the background and let it go on, whether the server runs or not')
    .addCommand(list())
    .addCommand(pause())
    .addCommand(resume())
}

function list(): Command {
  return withDataOptions(new Command('list'))
    .description('show what rests, by whose wish and until when')
    .option(...json)
    .action(async (options: Options) => {
      const pauses = await withDatabase(options, (parts) => controlOf(parts).list())
      const lines = pauses.map(describe)
      print(
        { pauses: pauses.map(present), pausable: pausableWork },
        lines.length === 0 ? 'nothing is paused' : lines.join('\n'),
        options,
      )
    })
}

function pause(): Command {
  return withDataOptions(new Command('pause'))
    .description('let some of it rest; a running server follows within seconds')
    .addArgument(work())
    .option('--hours <number>', 'go on by itself after so many hours')
    .option('--reason <text>', 'for those who wonder')
    .option(...json)
    .action(
      async (
        name: PausableWork,
        options: Options & { readonly hours?: string; readonly reason?: string },
      ) => {
        const made = await withDatabase(options, (parts) => {
          const until = endOf(options.hours, parts.clock.now())
          const wishes = { until, reason: options.reason ?? null }
          const who = { by: 'command line', actor: system }
          return controlOf(parts).pause(name, wishes, who)
        })
        print(present(made), describe(made), options)
      },
    )
}

function resume(): Command {
  return withDataOptions(new Command('resume'))
    .description('let it go on')
    .addArgument(work())
    .option(...json)
    .action(async (name: PausableWork, options: Options) => {
      const rested = await withDatabase(options, (parts) => controlOf(parts).resume(name, system))
      print({ work: name, rested }, `${name} ${rested ? 'goes on' : 'did not rest'}`, options)
    })
}

const work = () => new Argument('<work>').choices(pausableWork)

function controlOf({ config, database: { db }, clock, log }: DataParts) {
  return createPauseControl({
    db,
    clock,
    audit: createAuditLog({ db, clock, logger: log, config }),
  })
}

function endOf(hours: string | undefined, now: number): number | null {
  if (hours === undefined) return null
  const count = Number(hours)
  if (!(count > 0)) throw new CommandError(`--hours must be a number above 0, not ${hours}`)
  return now + Math.round(count * hourMs)
}

const iso = (instant: number) => new Date(instant).toISOString()

function present({ since, until, ...pause }: WorkerPause) {
  return { ...pause, since: iso(since), until: until === null ? null : iso(until) }
}

function describe({ work: name, by, until, reason }: WorkerPause): string {
  const end = until === null ? '' : ` until ${iso(until)}`
  return `${name} is paused${end} (${by}${reason === null ? '' : `: ${reason}`})`
}
