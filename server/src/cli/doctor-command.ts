import { Command } from 'commander'
import { environment } from '../config/read-config.ts'
import type { TestLine } from '../contract/setup.ts'
import { systemNetwork } from '../first-start/host-names.ts'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { runCommand } from '../probes/command.ts'
import { examine } from '../probes/doctor.ts'
import { systemNames } from '../probes/name-probe.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'

const marks = { ok: '✓', warning: '!', failed: '✗' } as const

/** Says what is wrong with an installed registry and its machine, and what repairs it. */
export function doctorCommand(): Command {
  return withDataOptions(new Command('doctor'))
    .description('look for what commonly goes wrong, and say how to repair it')
    .option('--json', 'print one JSON object')
    .action(async (options: DataOptions & { readonly json?: boolean }) => {
      const lines = await collect(options)
      const failed = lines.filter(({ state }) => state === 'failed').length
      const warnings = lines.filter(({ state }) => state === 'warning').length
      if (options.json === true) {
        const report = { healthy: failed === 0, failed, warnings, checks: lines }
        process.stdout.write(`${JSON.stringify(report)}\n`)
      } else {
        process.stdout.write(`${summaryOf(lines.length, failed, warnings)}\n`)
      }
      if (failed > 0) process.exitCode = 1
    })
}

/** For people each line as soon as it is known. */
async function collect(
  options: DataOptions & { readonly json?: boolean },
): Promise<readonly TestLine[]> {
  const stopping = new AbortController()
  const stop = () => {
    stopping.abort()
  }
  process.once('SIGINT', stop)
  const patient = {
    ...dataDirectories(options),
    env: environment,
    network: systemNetwork(),
    names: systemNames(),
    run: runCommand,
    random: systemRandom,
    root: '/',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userId: process.getuid?.() ?? -1,
  }
  const lines: TestLine[] = []
  for await (const line of examine(patient, { clock: systemClock, signal: stopping.signal })) {
    if (line.state === 'running') continue
    lines.push(line)
    if (options.json === true) continue
    process.stdout.write(`${marks[line.state]} ${line.text}\n`)
    const { finding } = line
    if (finding !== undefined) process.stdout.write(`    ${finding.code}: ${finding.next}\n`)
  }
  process.removeListener('SIGINT', stop)
  return lines
}

function summaryOf(checks: number, failed: number, warnings: number): string {
  if (failed > 0) return `${failed} of ${checks} checks failed, ${warnings} warnings`
  if (warnings > 0) return `Nothing is wrong; ${warnings} of ${checks} checks warn`
  return `All ${checks} checks are good`
}
