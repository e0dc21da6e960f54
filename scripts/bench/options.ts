import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Parent of all data; undefined: memory where there is enough, else the temporary folder. */
  readonly dir: string | undefined
  readonly only: readonly string[]
  readonly runs: number
  readonly quick: boolean
  readonly json: boolean
  readonly control: boolean
}

export const help = `npm run bench -- [KEY]... [options]
npm run bench -- scale [options]   whether lists stay quick however much there is; see its --help

Compares Mooring with Debian's docker-registry (Distribution) on this machine, in turns: the same
content, the same clients, each server idle while the other works. Progress goes to standard error,
the table to standard output.

  --only KEY   only the work whose key begins so; may be given several times, or as words
  --runs N     measurements of each kind on each side, of which the median counts (5)
  --dir DIR    where the servers keep their data; default: memory when 10 GB of it are free, so that
               the registries are compared and not the disk, else the temporary folder
  --quick      small blobs, few tags, 2 runs: to see that everything works, not how fast
  --control    Distribution on both sides: every ratio should be 1, what differs is noise
  --json       the findings as JSON instead of a table
  --list       the keys
`

export function parseBenchOptions(args: readonly string[]): BenchOptions | 'help' | 'list' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string' },
      dir: { type: 'string' },
      quick: { type: 'boolean', default: false },
      control: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  if (values.list) return 'list'
  const runs = Number(values.runs ?? (values.quick ? 2 : 5))
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number above 0')
  const { dir, quick, json, control } = values
  const only = [...values.only, ...positionals]
  return { dir, only, runs, quick, json, control }
}
