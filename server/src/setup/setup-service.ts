import { createHmac } from 'node:crypto'
import type { ApplyView, FieldErrors, SetupState, TestLine } from '../contract/setup.ts'
import { optionalSteps, stepIds, WelcomeValues, type StepId } from '../contract/setup-steps.ts'
import type { Clock, Instant } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { readAnswers, requireKnownFields, writeAnswers, type AnswerProblem } from './answer-file.ts'
import { collectLines } from './check-lines.ts'
import { hideSecrets, storedIds, type StoredSecrets } from './secret-values.ts'
import { findingOf, reasonOf, SetupError } from './setup-codes.ts'
import { FieldFault, TestFault } from './setup-faults.ts'
import { withKitOf } from './recovery-kit.ts'
import { emptySetup, type SavedStep, type SetupFile, type SetupFiles } from './setup-state.ts'
import { createSetupValues, type ParsedStep } from './setup-values.ts'
import { applyView, hasMoved, hostFacts, setupView } from './setup-view.ts'
import type { Machine, RevealedValues, Steps } from './step.ts'

/** A test that passed a moment ago need not run again to save the same values. */
const testedForMs = 10 * 60_000

export type SetupService = Awaited<ReturnType<typeof openSetupService>>

export interface SetupTools {
  readonly files: SetupFiles
  readonly steps: Steps
  readonly machine: Machine
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** What people do in a setup before it is applied. @throws SetupError when its files are damaged */
export async function openSetupService(tools: SetupTools) {
  const { files, steps, machine, clock, random } = tools
  let state = (await files.readState()) ?? emptySetup
  let secrets = await files.readSecrets()
  const values = createSetupValues({ ...tools, remembered: () => ({ state, secrets }) })
  const tested = new Map<StepId, { print: string; lines: readonly TestLine[]; at: Instant }>()
  const printKey = random.bytes(32)
  const printOf = (revealed: unknown) =>
    createHmac('sha256', printKey).update(JSON.stringify(revealed)).digest('base64')

  const listeners = new Set<() => void>()

  /** Changes one after another, each on disk before it counts. */
  let last: Promise<unknown> = Promise.resolve()
  function change(work: () => Promise<{ state: SetupFile; secrets?: StoredSecrets }>) {
    const turn = last.then(async () => {
      const next = await work()
      const wanted = next.secrets ?? secrets
      if (wanted !== secrets) await files.writeSecrets(wanted)
      await files.writeState(next.state)
      ;[state, secrets] = [next.state, wanted]
      for (const listener of listeners) listener()
    })
    last = turn.catch(() => undefined)
    return turn
  }

  function requireOpen() {
    const isBusy = state.phase === 'applying' || state.restore?.phase === 'running'
    if (isBusy) throw new SetupError('MOOR-SET-010')
    if (state.phase === 'finished') throw new SetupError('MOOR-SET-020')
  }

  /** What exists already cannot be chosen anew. */
  async function requireUnlocked<Id extends StepId>(id: Id, next: RevealedValues[Id]) {
    const locked = [
      ...(id === 'admin' && state.created.adminId !== undefined ? ['username'] : []),
      ...(id === 'storage' && state.pastReturn ? ['where', 'database'] : []),
    ]
    if (locked.length === 0 || state.steps[id]?.skipped !== false) return
    const now = await values.valuesOf(id)
    const textOf = (from: unknown, name: string) =>
      JSON.stringify((from as Record<string, unknown>)[name])
    const field = locked.find((name) => textOf(next, name) !== textOf(now, name))
    if (field !== undefined) throw new SetupError('MOOR-SET-015', { field })
  }

  async function requireParsed<Id extends StepId>(id: Id, raw: unknown) {
    const parsed: ParsedStep<Id> = await values.parse(id, raw)
    if ('errors' in parsed) throw new FieldFault(parsed.errors)
    return parsed
  }

  async function* test<Id extends StepId>(
    id: Id,
    revealed: RevealedValues[Id],
    signal: AbortSignal,
  ): AsyncGenerator<TestLine> {
    const print = printOf(revealed)
    const lines: TestLine[] = []
    try {
      for await (const line of values.stepOf(id).check(revealed, { ...values.context, signal })) {
        lines.push(line)
        yield line
      }
    } catch (error) {
      if (signal.aborted) return
      tools.log.warn({ err: error, step: id }, 'setup check broke off')
      const finding = findingOf('MOOR-SET-023', { reason: reasonOf(error) })
      const line = { id: 'check', state: 'failed', text: finding.text, milliseconds: 0, finding }
      lines.push(line as TestLine)
      yield line as TestLine
    }
    if (signal.aborted) return
    const final = new Map(lines.map((line) => [line.id, line]))
    tested.set(id, { print, lines: [...final.values()], at: clock.now() })
  }

  /** The lines of the test of these very values: of a moment ago, else made now. */
  async function linesOf<Id extends StepId>(id: Id, revealed: RevealedValues[Id]) {
    const known = tested.get(id)
    if (known?.print === printOf(revealed) && clock.now() - known.at < testedForMs) {
      return known.lines
    }
    return collectLines(test(id, revealed, new AbortController().signal))
  }

  /** A step with its secrets put away; those that nothing names any more are forgotten. */
  async function withStep(
    from: { state: SetupFile; secrets: StoredSecrets },
    id: StepId,
    parsed: unknown,
    rest: Pick<SavedStep, 'tests' | 'overruled' | 'untested'>,
  ) {
    const { keepAs } = steps[id]
    const newId = () => random.bytes(9).toString('base64url')
    const hidden = await hideSecrets(parsed, { newId, ...(keepAs && { keepAs }) })
    const saved: SavedStep = {
      ...rest,
      values: hidden.values,
      skipped: false,
      host: hostFacts(machine),
    }
    const welcome = WelcomeValues.safeParse(id === 'welcome' ? hidden.values : undefined)
    const next: SetupFile = {
      ...withKitOf(reopened(from.state), id, hidden.values),
      ...(welcome.success && { language: welcome.data.language }),
      savedAt: clock.now(),
      steps: { ...from.state.steps, [id]: saved },
    }
    const all: StoredSecrets = { ...from.secrets, ...hidden.secrets }
    const named = new Set(Object.values(next.steps).flatMap((step) => storedIds(step.values)))
    const kept = Object.entries(all).filter(([key]) => named.has(key) || key.startsWith('key:'))
    return { state: next, secrets: Object.fromEntries(kept) }
  }

  return {
    values,
    change,
    requireOpen,
    current: () => state,
    secrets: () => secrets,
    view: (): Promise<SetupState> => setupView(state, values, machine),
    applyView: (): Promise<ApplyView> => applyView(state, values, machine),

    /** @throws FieldFault, TestFault, SetupError */
    async save(id: StepId, raw: unknown, { saveAnyway = false } = {}): Promise<void> {
      requireOpen()
      const parsed = await requireParsed(id, raw)
      await requireUnlocked(id, parsed.revealed)
      const tests = [...(await linesOf(id, parsed.revealed))]
      const failed = tests.some((line) => line.state === 'failed')
      if (failed && !saveAnyway) throw new TestFault(tests)
      await change(() => {
        requireOpen()
        return withStep({ state, secrets }, id, parsed.values, {
          ...{ tests, overruled: failed, untested: false },
        })
      })
    },

    /** What is wrong with values that are still being typed. */
    async check(id: StepId, raw: unknown): Promise<FieldErrors> {
      const parsed = await values.parse(id, raw)
      return 'errors' in parsed ? parsed.errors : []
    },

    /** Parses at once, so that wrong values are refused before the first line. @throws FieldFault */
    async test(id: StepId, raw: unknown, signal: AbortSignal): Promise<AsyncIterable<TestLine>> {
      const { revealed } = await requireParsed(id, raw)
      return test(id, revealed, signal)
    },

    async skip(id: StepId): Promise<void> {
      requireOpen()
      if (!optionalSteps.has(id)) throw new SetupError('MOOR-SET-019')
      const skipped: SavedStep = {
        ...{ values: null, skipped: true, tests: [], overruled: false, untested: false },
        host: hostFacts(machine),
      }
      await change(() =>
        Promise.resolve({
          state: { ...reopened(state), steps: { ...state.steps, [id]: skipped } },
        }),
      )
    },

    setLanguage: (language: SetupFile['language']) =>
      change(() => Promise.resolve({ state: { ...state, language } })),

    /** @throws SetupError naming the first step that keeps the settings from being applied. */
    requireComplete({ withKit = true } = {}): void {
      for (const id of stepIds) {
        if (id === 'welcome' || optionalSteps.has(id)) continue
        if (state.steps[id] === undefined) throw new SetupError('MOOR-SET-011', { step: id })
        if (hasMoved(state, id, machine)) throw new SetupError('MOOR-SET-012', { step: id })
      }
      if (withKit && state.recoveryKit?.stored !== true) throw new SetupError('MOOR-SET-040')
    },

    /** What is applied with it is applied anew. @throws SetupError while it cannot change */
    async keepKit(kit: NonNullable<SetupFile['recoveryKit']>): Promise<void> {
      requireOpen()
      await change(() => {
        requireOpen()
        return Promise.resolve({ state: { ...reopened(state), recoveryKit: kit } })
      })
    },

    remember: (created: Partial<SetupFile['created']>) =>
      change(() =>
        Promise.resolve({ state: { ...state, created: { ...state.created, ...created } } }),
      ),

    /** Calls back after every change until the returned function is called. */
    watch(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    /** After their file was removed. */
    forgetSecrets: () =>
      change(() => {
        secrets = {}
        return Promise.resolve({ state })
      }),

    exportAnswers: (passphrase: string | null): string =>
      writeAnswers({ state, secrets, passphrase, random }),

    /** The steps of an answer file, each completed by what would be proposed. */
    async answered(
      text: string,
      passphrase: string | null,
      readSecret?: (file: string) => string,
    ): Promise<readonly { id: StepId; raw: unknown }[]> {
      const answers = readAnswers(text, passphrase, readSecret)
      const { language = state.language } = answers
      const given = { ...answers.steps, welcome: { language, ...answers.steps.welcome } }
      const steps = stepIds.flatMap((id) => {
        const raw = given[id]
        return raw === undefined ? [] : [{ id, raw }]
      })
      return Promise.all(
        steps.map(async ({ id, raw }) => {
          const whole = { ...((await values.proposal(id)) as object), ...raw }
          const taken = values.stepOf(id).schema.safeParse(whole)
          if (taken.success) requireKnownFields(id, raw, taken.data)
          return { id, raw: whole }
        }),
      )
    },

    /** Takes over each step that is right, untested; says of the others what is wrong. */
    async importAnswers(text: string, passphrase: string | null): Promise<AnswerProblem[]> {
      requireOpen()
      const problems: AnswerProblem[] = []
      for (const { id, raw } of await this.answered(text, passphrase)) {
        const parsed = await values.parse(id, raw)
        if ('errors' in parsed) {
          problems.push(...parsed.errors.map(({ field, text }) => ({ step: id, field, text })))
          continue
        }
        await requireUnlocked(id, parsed.revealed)
        await change(() => {
          requireOpen()
          const rest = { tests: [], overruled: false, untested: id !== 'welcome' }
          return withStep({ state, secrets }, id, parsed.values, rest)
        })
      }
      return problems
    },
  }
}

/** After a change everything is applied anew: each task finds out what is there already. */
function reopened(state: SetupFile): SetupFile {
  return { ...state, phase: 'open', tasks: [] }
}
