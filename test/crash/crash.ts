// The proof of durability: npm run test:crash -- --cycles 1000
import { parseArgs } from 'node:util'
import { runCrashCycles } from './crash-run.ts'
import { summaryText } from './summary.ts'

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '10' },
    seed: { type: 'string', default: `${process.pid}-${Math.round(performance.timeOrigin)}` },
    pushers: { type: 'string', default: '4' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) {
  console.log('npm run test:crash -- [--cycles 10] [--pushers 4] [--seed TEXT]')
} else {
  console.log(`seed ${values.seed}`)
  const summary = await runCrashCycles({
    cycles: Number(values.cycles),
    pushers: Number(values.pushers),
    seed: values.seed,
    cyclesPerFolder: 50,
    progress: (line) => console.log(line),
  })
  console.log(summaryText(summary))
}
