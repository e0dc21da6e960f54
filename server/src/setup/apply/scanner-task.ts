import { collectLines } from '../check-lines.ts'
import type { Task } from './task.ts'

export const scannerTask: Task = {
  id: 'scanner',
  step: 'scanning',
  failure: 'MOOR-SET-038',
  async run({ values, steps, overruled, clock, random, log, signal, machine, note }) {
    const { scanning } = values
    if (scanning.kind === 'none') return 'no scanner'
    const valuesOf = <Id extends keyof typeof values>(id: Id) => Promise.resolve(values[id])
    const check = steps.scanning.check(scanning, {
      ...{ machine, clock, random, log, signal, valuesOf },
    })
    const lines = await collectLines(check)
    for (const line of lines) note(line.text)
    const failed = lines.find(({ state }) => state === 'failed')
    if (failed !== undefined && !overruled.has('scanning')) throw new Error(failed.text)
    return failed === undefined ? `Clair at ${scanning.url}` : `not reached: ${scanning.url}`
  },
}
