import type { Environment } from '../config/config.ts'
import type { ApplyView, RecoveryKitView, TestLine } from '../contract/setup.ts'
import type { StepId } from '../contract/setup-steps.ts'
import { lockDataDirectory } from '../db/data-directory-lock.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { RunningServer } from '../start.ts'
import path from 'node:path'
import { readAnswers, type AnswerProblem } from './answer-file.ts'
import { writeFileDurably } from '../platform/files.ts'
import type { RegistryDoor } from './apply/task.ts'
import { isSetupWanted } from './is-setup-wanted.ts'
import { systemMachine } from './machine.ts'
import { openSetup, registryStarter } from './open-setup.ts'
import { createRecoveryKits, kitText } from './recovery-kit.ts'
import { SetupError } from './setup-codes.ts'
import { FieldFault } from './setup-faults.ts'
import type { Machine } from './step.ts'
import type { SetupService } from './setup-service.ts'
import { memorySetupFiles } from './setup-state.ts'

export interface AnswersInput {
  readonly dataDir: string
  readonly configDir: string
  /** Of the answer file. */
  readonly text: string
  readonly passphrase: string | null
  /** Content of a file that the answers name in place of a secret. */
  readonly readSecret: (file: string) => string
  readonly isCheck: boolean
  readonly saveAnyway: boolean
  readonly env: Environment
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly stopping: AbortSignal
  readonly onLine: (line: string) => void
}

export interface AnswersReport {
  readonly ok: boolean
  /** One sentence for a person. */
  readonly said: string
  readonly errors: readonly AnswerProblem[]
  readonly checks: Partial<Record<StepId, readonly TestLine[]>>
  /** Absent when nothing was to be applied. */
  readonly apply?: ApplyView
  /** The file that the recovery kit was written to, or the kit itself. */
  readonly recoveryKit?: { readonly file: string } | RecoveryKitView
}

/** The setup without a page: the same steps, the same checks, the same tasks. */
export async function runAnswers(input: AnswersInput): Promise<AnswersReport> {
  const { dataDir, configDir, isCheck, random } = input
  if (!(await isSetupWanted({ dataDir, configDir }, true, random))) {
    throw new SetupError('MOOR-SET-020')
  }
  // A check leaves no trace, so it takes no lock either.
  const lock = isCheck ? undefined : lockDataDirectory(dataDir)
  const registry = plainDoor(input)
  try {
    return await setUp(input, registry)
  } finally {
    await registry.stop()
    lock?.release()
  }
}

async function setUp(input: AnswersInput, door: RegistryDoor): Promise<AnswersReport> {
  const { dataDir, configDir, isCheck } = input
  const machine = systemMachine({ dataDir, configDir, isDesktop: false, ownPorts: () => [] })
  const { service, apply } = await openSetup(
    { ...input, machine, ...(isCheck && { files: memorySetupFiles() }) },
    () => door,
  )
  const { errors, checks } = await saveAll(service, input)
  if (errors.length > 0) {
    return { ok: false, said: 'The answer file has to be corrected first', errors, checks }
  }
  const failed = Object.values(checks)
    .flat()
    .some(({ state }) => state === 'failed')
  if (failed && !input.saveAnyway) {
    return { ok: false, said: 'A check failed; nothing was applied', errors, checks }
  }
  service.requireComplete({ withKit: false })
  if (isCheck) return { ok: true, said: 'The answers are good', errors, checks }
  const recoveryKit = await putKitAway({ ...input, service, machine })

  const seen = new Set<string>()
  apply.watch(({ tasks }) => {
    for (const { id, state, line, finding } of tasks) {
      if ((state !== 'done' && state !== 'failed') || seen.has(id)) continue
      seen.add(id)
      input.onLine(`${state === 'done' ? '✓' : '✗'} ${id}: ${line}`)
      if (state === 'done' && finding !== null) {
        input.onLine(`! ${id}: ${finding.text} (${finding.code}; ${finding.next})`)
      }
    }
  })
  await apply.start()
  await apply.settled()
  const view = await service.applyView()
  const ok = view.phase === 'finished'
  const finding = view.tasks.find(({ state }) => state === 'failed')?.finding
  const said = ok
    ? `Set up: ${view.address}; start it with mooring serve, or mooring service install`
    : finding === undefined || finding === null
      ? 'The setup was stopped; the same command goes on'
      : `${finding.code}: ${finding.text}; ${finding.next}`
  return { ok, said, errors, checks, apply: view, recoveryKit }
}

/** Nobody is there to confirm it, so it is stored where the answers say. */
async function putKitAway({
  text,
  passphrase,
  readSecret,
  onLine,
  ...parts
}: AnswersInput & { service: SetupService; machine: Machine }) {
  const { recoveryKit: place } = readAnswers(text, passphrase, readSecret)
  const kits = createRecoveryKits(parts)
  const kit = await kits.make()
  const file = place ?? path.join(parts.dataDir, 'recovery-kit.txt')
  if (file === 'print') {
    onLine(kitText(kit).trimEnd())
  } else {
    await writeFileDurably(file, kitText(kit), 0o600)
    onLine(`The recovery kit is in ${file}: move it to a place that is not this machine`)
  }
  await kits.confirm()
  return file === 'print' ? kit : { file }
}

/** Each step is saved whatever its check says, so that later ones are checked against it. */
async function saveAll(service: SetupService, input: AnswersInput) {
  const { text, passphrase, readSecret, onLine } = input
  const errors: AnswerProblem[] = []
  const checks: Partial<Record<StepId, readonly TestLine[]>> = {}
  for (const { id, raw } of await service.answered(text, passphrase, readSecret)) {
    try {
      await service.save(id, raw, { saveAnyway: true })
    } catch (error) {
      if (!(error instanceof FieldFault)) throw error
      for (const { field, text: fault } of error.fields) {
        errors.push({ step: id, field, text: fault })
        onLine(`✗ ${id}.${field} ${fault}`)
      }
      continue
    }
    const lines = service.current().steps[id]?.tests ?? []
    checks[id] = lines
    for (const { state, text: said, finding } of lines) {
      const mark = state === 'ok' ? '✓' : state === 'warning' ? '!' : '✗'
      const next = finding === undefined ? '' : ` (${finding.code}; ${finding.next})`
      onLine(`${mark} ${id}: ${said}${next}`)
    }
  }
  return { errors, checks }
}

function plainDoor(input: AnswersInput): RegistryDoor {
  let registry: RunningServer | undefined
  const start = registryStarter(input)
  return {
    running: () => registry,
    async start(config) {
      registry = await start(config)
      return registry
    },
    async stop() {
      const ending = registry
      registry = undefined
      await ending?.[Symbol.asyncDispose]()
    },
  }
}
