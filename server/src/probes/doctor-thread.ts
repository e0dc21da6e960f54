import { setDefaultCACertificates } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'
import { environment } from '../config/read-config.ts'
import type { TestLine } from '../contract/setup.ts'
import { systemNetwork } from '../first-start/host-names.ts'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { runCommand } from './command.ts'
import { examine } from './doctor.ts'
import { systemNames } from './name-probe.ts'

export interface DoctorOrder {
  readonly dataDir: string
  readonly configDir: string
  /** What trust a thread does not have by itself: PEM. */
  readonly authorities: readonly string[]
  readonly patienceMs: number
}

const { dataDir, configDir, authorities, patienceMs } = workerData as DoctorOrder
setDefaultCACertificates(authorities)
const patient = {
  ...{ dataDir, configDir, env: environment, root: '/' as const },
  network: systemNetwork(),
  names: systemNames(),
  run: runCommand,
  random: systemRandom,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  userId: process.getuid?.() ?? -1,
}
const context = { clock: systemClock, signal: AbortSignal.timeout(patienceMs) }
const lines: TestLine[] = []
for await (const line of examine(patient, context)) {
  if (line.state !== 'running') lines.push(line)
}
parentPort?.postMessage(lines)
