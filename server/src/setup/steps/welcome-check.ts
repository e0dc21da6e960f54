import { getFips } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { TestLine } from '../../contract/setup.ts'
import { readReleaseTime } from '../../platform/version.ts'
import { probeAddresses } from '../../probes/address-probe.ts'
import { probeClock } from '../../probes/clock-probe.ts'
import { runCommand as run } from '../../probes/command.ts'
import { probeInstallation } from '../../probes/installation-probe.ts'
import { probeMemory, probeProcessor, probeUmask } from '../../probes/machine-probe.ts'
import { probePort } from '../../probes/port-probe.ts'
import {
  probeApparmor,
  probeContainerTools,
  probeFips,
  probeLowPorts,
  probeProgram,
  probeSelinux,
} from '../../probes/security-probe.ts'
import { probeSpace } from '../../probes/space-probe.ts'
import { lastingAddresses } from '../host-facts.ts'
import type { CheckContext } from '../step.ts'
import { thisHost } from './this-host.ts'

const program = fileURLToPath(new URL('../../../', import.meta.url))
const programFiles = ['package.json', 'bin/mooring.js', 'src/main.ts', 'src/start.ts']

/** What a machine has to have before anything is typed. */
export async function* checkMachine(context: CheckContext): AsyncGenerator<TestLine> {
  const { machine } = context
  const host = thisHost()
  const { root } = host
  yield* probeProgram({ folder: program, files: programFiles }, context)
  yield* probeProcessor({ architecture: host.architecture, count: host.processors }, context)
  yield* probeMemory(host, context)
  yield* probeSpace({ folder: machine.dataDir }, context)
  yield* probeClock({ run, root, zone: host.zone, releasedAt: readReleaseTime() }, context)
  yield* probeAddresses({ lasting: lastingAddresses(machine.network) }, context)
  yield* checkUsualPorts(context)
  if (!machine.isDesktop) yield* probeLowPorts({ root, userId: host.userId }, context)
  yield* probeSelinux({ root, run, dataDir: machine.dataDir }, context)
  yield* probeApparmor({ root }, context)
  yield* probeFips({ root, inUse: getFips() === 1 }, context)
  yield* probeUmask({ root, processId: 'self' }, context)
  yield* probeContainerTools({ run }, context)
  yield* probeInstallation({ root, ...machine }, context)
}

/** Other ports can be chosen, so one that is taken stops nothing yet. */
async function* checkUsualPorts(context: CheckContext): AsyncGenerator<TestLine> {
  const { isDesktop, ownPorts } = context.machine
  for (const port of isDesktop ? [8443, 8080] : [443, 8443, 80]) {
    const lines = probePort({ port, host: null, family: 'dual-stack', ownPorts }, context)
    for await (const line of lines) {
      yield line.state === 'failed' ? { ...line, state: 'warning' } : line
    }
  }
}
