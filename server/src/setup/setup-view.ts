import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describeCertificate } from '@mooring/certs'
import type { ApplyView, SetupState } from '../contract/setup.ts'
import { optionalSteps, stepIds, type StepId, type StepValues } from '../contract/setup-steps.ts'
import { readVersion } from '../platform/version.ts'
import { pendingTask } from './apply/runner.ts'
import { applyTasks } from './apply/tasks.ts'
import { lastingAddresses } from './host-facts.ts'
import { serverHostname } from './registry-address.ts'
import { findingOf } from './setup-codes.ts'
import type { HostFacts, SetupFile } from './setup-state.ts'
import type { SetupValues } from './setup-values.ts'
import { kitState } from './recovery-kit.ts'
import type { Machine, SummaryLine } from './step.ts'

/** The steps that say something about this host. */
const hostSteps: ReadonlySet<StepId> = new Set(['identity', 'network', 'certificates'])

export function hostFacts({ network }: Machine): HostFacts {
  return { hostname: network.hostname, addresses: [...lastingAddresses(network)] }
}

/** Whether the host is called otherwise by now, or lost an address that was chosen. */
export function hasMoved(state: SetupFile, id: StepId, machine: Machine): boolean {
  const saved = state.steps[id]
  if (saved === undefined || saved.skipped || !hostSteps.has(id)) return false
  const chosen = chosenAddresses(state)
  const now = hostFacts(machine)
  return (
    saved.host.hostname !== now.hostname ||
    saved.host.addresses.some((address) => chosen.has(address) && !now.addresses.includes(address))
  )
}

function chosenAddresses({ steps }: SetupFile): ReadonlySet<string> {
  const identity = steps.identity?.values as StepValues['identity'] | undefined
  const network = steps.network?.values as StepValues['network'] | undefined
  return new Set([...(identity?.addresses ?? []), ...(network?.addresses ?? [])])
}

export async function setupView(
  state: SetupFile,
  values: SetupValues,
  machine: Machine,
): Promise<SetupState> {
  const isThrough = (id: StepId) => state.steps[id] !== undefined && !hasMoved(state, id, machine)
  const current = stepIds.find((id) => !isThrough(id)) ?? 'review'
  const steps = stepIds.map(async (id) => {
    const saved = state.steps[id]
    const findings = [
      ...(hasMoved(state, id, machine) ? [findingOf('MOOR-SET-012')] : []),
      ...(saved?.untested === true ? [findingOf('MOOR-SET-013')] : []),
    ]
    const shown = saved?.skipped === false ? saved.values : await values.proposal(id)
    return {
      id,
      state: stepState({ saved, attention: findings.length > 0, isCurrent: id === current }),
      required: !optionalSteps.has(id),
      values: shown,
      saved: saved !== undefined,
      findings,
      tests: saved?.tests ?? [],
      summary: saved?.skipped === false ? summaryOf(values, id, saved.values) : [],
    }
  })
  return {
    version: readVersion(),
    phase: state.phase,
    language: state.language,
    current,
    savedAt: state.savedAt === null ? null : new Date(state.savedAt).toISOString(),
    steps: await Promise.all(steps),
    example: `podman pull ${state.address?.replace('https://', '') ?? (await hostOfRegistry(values))}/team/app:1.0`,
    recoveryKit: kitState(state),
  }
}

function stepState({
  saved,
  attention,
  isCurrent,
}: {
  saved: SetupFile['steps'][StepId]
  attention: boolean
  isCurrent: boolean
}): SetupState['steps'][number]['state'] {
  if (attention) return 'attention'
  if (saved === undefined) return isCurrent ? 'current' : 'open'
  return saved.skipped ? 'skipped' : 'done'
}

function summaryOf(values: SetupValues, id: StepId, saved: unknown): SummaryLine[] {
  // Saved values were parsed by the step's own schema.
  return [...values.stepOf(id).summary(saved as never)]
}

async function hostOfRegistry(values: SetupValues): Promise<string> {
  const [identity, network] = [await values.valuesOf('identity'), await values.valuesOf('network')]
  return serverHostname({ identity, network })
}

export async function applyView(
  state: SetupFile,
  values: SetupValues,
  { configDir }: Pick<Machine, 'configDir'>,
): Promise<ApplyView> {
  const tasks = applyTasks.map(({ id, step }) => {
    const entry = state.tasks.find((task) => task.id === id) ?? pendingTask(id)
    const { lines, ...known } = entry
    return { ...known, step, line: lines.at(-1) ?? '' }
  })
  return {
    phase: state.phase,
    tasks,
    pastReturn: state.pastReturn,
    address: state.address ?? `https://${await hostOfRegistry(values)}`,
    authority: await readAuthority(configDir),
    keyToTake: state.created.keyToTake === true,
  }
}

async function readAuthority(configDir: string): Promise<ApplyView['authority']> {
  try {
    const pem = await readFile(path.join(configDir, 'ca.crt'), 'utf8')
    const { sha256Fingerprint, serial } = describeCertificate(pem)
    return { sha256Fingerprint, serial }
  } catch {
    return null
  }
}
