import { Command, Option } from 'commander'

import { SelectionWish } from '../contract/mooring-bundle-selections.ts'
import { wireDate } from '../features/api/wire-date.ts'
import { isUnderWay, type BundleJobRow } from '../features/bundles/bundle-job-store.ts'
import type { BundleWish } from '../features/bundles/plan-service.ts'
import { presentSelection } from '../features/bundles/selection-api.ts'
import type { SelectionRow } from '../features/bundles/selection-store.ts'
import { isProblem } from '../problem.ts'
import type { ContentOptions } from './bundle-command.ts'
import { followJob } from './bundle-job-run.ts'
import { collect } from './collect.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { parseCount } from './parse-count.ts'
import { print } from './print.ts'
import { readLogins } from './upstream-logins.ts'
import { withBundles, type CommandBundles } from './with-bundles.ts'

type Options = DataOptions & { readonly json?: boolean }

interface SaveOptions extends ContentOptions {
  readonly into?: string
  readonly at?: readonly string[]
  readonly keep?: number
  readonly format?: 'directory' | 'tar'
  readonly compatIndex?: boolean
  readonly verify: boolean
}

const formats = ['directory', 'tar']

/** How `plan` and `create` name what a bundle carries. */
interface Content {
  readonly withContent: (command: Command) => Command
  readonly wishOf: (images: readonly string[], options: ContentOptions) => Promise<BundleWish>
}

/** Bundles that are made again and again. */
export function selectionCommand(content: Content): Command {
  return new Command('selection')
    .description('what bundles are made of that are made again, by hand or at fixed times')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(saveCommand(content))
    .addCommand(runCommand())
    .addCommand(deleteCommand())
}

const named = (command: Command) =>
  withDataOptions(command)
    .argument('<name>', 'of the selection')
    .option('--json', 'print one JSON object')

function listCommand(): Command {
  return withDataOptions(new Command('list'))
    .description('all of them, with their last run and their next')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      await withBundles(options, async ({ selections }) => {
        const rows = await selections.list()
        const runs = await selections.lastRuns(rows)
        const views = rows.map((row) => presentSelection(row, selections, runs))
        const lines = views.map(
          ({ name, directory, next, last }) =>
            `${name}  ${directory}  last: ${last?.state ?? 'none'}  next: ${next ?? 'by hand'}`,
        )
        const text = lines.length === 0 ? 'no selection is saved' : lines.join('\n')
        print({ selections: views }, text, options)
      })
    })
}

function showCommand(): Command {
  return named(new Command('show'))
    .description('one of them, as it was saved')
    .action(async (name: string, options: Options) => {
      await withBundles(options, async ({ selections }) => {
        const row = await find(selections, name)
        const view = presentSelection(row, selections, await selections.lastRuns([row]))
        print(view, JSON.stringify(view, null, 2), options)
      })
    })
}

function saveCommand({ withContent, wishOf }: Content): Command {
  return withContent(new Command('save').argument('<name>', 'of the selection'))
    .description('keep what a bundle is made of; one of the same name is replaced')
    .option('--into <directory>', 'below a place for bundles; each run gets a folder of its own')
    .option('--at <time>', 'run by itself, such as mon-fri@02:00; may be repeated', collect)
    .option('--keep <number>', 'remove what earlier runs wrote but for so many bundles', parseCount)
    .addOption(
      new Option('--format <format>', 'folders, or a tar file for each volume').choices(formats),
    )
    .option('--compat-index', 'a small layout for each repository, with short tags; not on FAT')
    .option('--no-verify', 'do not read back what was written')
    .action(async (name: string, images: readonly string[], options: SaveOptions) => {
      if (options.for !== undefined) {
        throw new CommandError('a request is answered once: use "mooring bundle create --for"')
      }
      const { into, at, keep, format, compatIndex, verify } = options
      const wish = parseWish({
        ...{ ...(await wishOf(images, options)), name, format, verify, directory: into },
        ...{ keep, compat_index: compatIndex, calendar: at, upstreams: await readLogins(options) },
      })
      await withBundles(options, async ({ selections }) => {
        const before = (await selections.list()).find((row) => row.name === name)
        const row =
          before === undefined
            ? await selections.create(wish, null)
            : await selections.change(before.id, wish, null)
        const { next_at: next } = row
        const when = next === null ? 'run it by hand' : `runs at ${wireDate(next)}`
        print(
          presentSelection(row, selections, new Map()),
          `saved ${name}: into ${row.directory}, ${when}${keep === undefined ? '' : `, the last ${String(keep)} stay`}`,
          options,
        )
      })
    })
}

function runCommand(): Command {
  return named(new Command('run'))
    .description('make the bundle now; run it again if it was broken off')
    .action(async (name: string, options: Options) => {
      await withBundles(options, async (bundles) => {
        const { id } = await beginOrGoOn(bundles, name)
        const result = await followJob(bundles, id, options.json === true)
        if (result.kind !== 'export') throw new CommandError('this was no export')
        print({ ...result }, `wrote bundle ${result.bundle_id} to ${result.path}`, options)
      })
    })
}

function deleteCommand(): Command {
  return named(new Command('delete'))
    .description('forget a selection; bundles that were made from it stay')
    .action(async (name: string, options: Options) => {
      await withBundles(options, async ({ selections }) => {
        const { id } = await find(selections, name)
        await selections.delete(id)
        print({ deleted: id }, `deleted ${name}`, options)
      })
    })
}

/** What a command broke off goes on with the next one. */
async function beginOrGoOn(
  { selections, jobs }: CommandBundles,
  name: string,
): Promise<BundleJobRow> {
  const row = await find(selections, name)
  const [last] = (await selections.lastRuns([row])).values()
  if (last === undefined || !isUnderWay(last.state) || !last.owner.startsWith('command-')) {
    return selections.begin(row, null)
  }
  return ['paused', 'waiting'].includes(last.state) ? jobs.resume(last.id) : last
}

async function find(selections: CommandBundles['selections'], name: string): Promise<SelectionRow> {
  return selections.findByName(name).catch((error: unknown) => {
    throw isProblem(error, 'not-found') ? new CommandError(`no selection is named ${name}`) : error
  })
}

function parseWish(written: Readonly<Record<string, unknown>>): SelectionWish {
  const given = Object.entries(written).filter(([, value]) => value !== undefined)
  const parsed = SelectionWish.safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CommandError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}
