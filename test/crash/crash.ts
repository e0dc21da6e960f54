// The proof of durability: npm run test:crash -- --cycles 1000
import { parseArgs } from 'node:util'
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
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const help = `npm run test:crash -- [--cycles 10] [--work NAME]... [--pushers 4] [--seed TEXT]

Kills servers at random, and looks for what is missing or left afterwards.

  --cycles N   kills of each work (10)
  --work NAME  push: what clients were told to be kept (without this option), or one of
               ${workNames.join(', ')}: kills at points spread over its whole
               duration; the next start, or the same command again, has to finish it
  --pushers N  clients that push at a time (4)
  --seed TEXT  the same choices again
`

const isTransfer = (name: string): name is WorkName => workNames.some((known) => known === name)
const progress = (line: string) => {
  console.log(line)
}

async function main(): Promise<void> {
  const { seed, work } = values
  const strange = work.filter((name) => name !== 'push' && !isTransfer(name))
  if (values.help || strange.length > 0) {
    console.log(strange.length > 0 ? `no such work: ${strange.join(', ')}\n${help}` : help)
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
  console.log(transferText(await runTransferCrashes({ works, seed, progress, ...sizes })))
}

await main()
