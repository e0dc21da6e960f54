// The proof of durability: npm run test:crash -- --cycles 1000
import { parseArgs } from 'node:util'
import { startPostgres } from '../support/postgres.ts'
import { runCrashCycles } from './crash-run.ts'
import { summaryText } from './summary.ts'
import { runTransferCrashes, transferText } from './transfer-crash.ts'
import { workNames, type WorkName } from './transfer-works.ts'

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '10' },
    work: { type: 'string', multiple: true, default: ['push'] },
    seed: { type: 'string', default: `${process.pid}-${Math.round(performance.timeOrigin)}` },
    pushers: { type: 'string', default: '4' },
    database: { type: 'string', default: 'sqlite' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const help = `npm run test:crash -- [--cycles 10] [--work NAME]... [--pushers 4] [--seed TEXT]
                      [--database sqlite|postgresql]

Kills servers at random, and looks for what is missing or left afterwards.

  --cycles N   kills of each work (10)
  --work NAME  push: what clients were told to be kept (without this option), or one of
               ${workNames.join(', ')}: kills at points spread over its whole
               duration; the next start, or the same command again, has to finish it
  --pushers N  clients that push at a time (4)
  --database D sqlite, or postgresql for mirrors and bundles: a server of its own (sqlite)
  --seed TEXT  the same choices again
`

const databases = ['sqlite', 'postgresql']
const isTransfer = (name: string): name is WorkName => workNames.some((known) => known === name)
const progress = (line: string) => {
  console.log(line)
}

async function main(): Promise<void> {
  const { seed, work } = values
  const strange = [
    ...work.filter((name) => name !== 'push' && !isTransfer(name)),
    ...[values.database].filter((name) => !databases.includes(name)),
  ]
  if (values.help || strange.length > 0) {
    console.log(strange.length > 0 ? `no such choice: ${strange.join(', ')}\n${help}` : help)
    process.exitCode = strange.length > 0 ? 2 : 0
    return
  }
  console.log(`seed ${seed}`)
  const cycles = Number(values.cycles)
  if (work.includes('push')) {
    const pushers = Number(values.pushers)
    const summary = await runCrashCycles({ cycles, pushers, seed, cyclesPerFolder: 50, progress })
    console.log(summaryText(summary))
  }
  const works = work.filter(isTransfer)
  if (works.length === 0) return
  const sizes = { points: cycles, pointsPerWorld: 50, largeBytes: 20_000_000 }
  const postgres = values.database === 'postgresql' ? await startPostgres() : undefined
  if (values.database === 'postgresql' && postgres === undefined) {
    throw new Error('PostgreSQL is not installed')
  }
  try {
    const parts = { works, seed, progress, postgresUrl: postgres?.url }
    console.log(transferText(await runTransferCrashes({ ...parts, ...sizes })))
  } finally {
    await postgres?.stop()
  }
}

await main()
