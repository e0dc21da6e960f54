import type { FieldErrors } from '../contract/setup.ts'
import { stepIds, type StepId, type StepValues } from '../contract/setup-steps.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { LostSecret, revealSecrets, type StoredSecrets } from './secret-values.ts'
import { SetupError } from './setup-codes.ts'
import type { SetupFile } from './setup-state.ts'
import type { Machine, RevealedValues, Step, StepContext, Steps } from './step.ts'

export interface Remembered {
  readonly state: SetupFile
  readonly secrets: StoredSecrets
}

export type ParsedStep<Id extends StepId> =
  | { readonly errors: FieldErrors }
  | { readonly values: StepValues[Id]; readonly revealed: RevealedValues[Id] }

export type SetupValues = ReturnType<typeof createSetupValues>

/** What the steps hold: proposed, saved and sent; with and without secrets. */
export function createSetupValues({
  steps,
  machine,
  remembered,
  ...tools
}: {
  steps: Steps
  machine: Machine
  remembered: () => Remembered
  clock: Clock
  random: Random
  log: Logger
}) {
  const context: StepContext = { machine, ...tools, valuesOf }

  const stepOf = <Id extends StepId>(id: Id): Step<Id> => steps[id]

  /** As the page would send it. */
  function proposal(id: StepId): Promise<unknown> {
    return stepOf(id).defaults(context)
  }

  async function valuesOf<Id extends StepId>(id: Id): Promise<RevealedValues[Id]> {
    const { state, secrets } = remembered()
    const saved = state.steps[id]
    if (saved !== undefined && !saved.skipped) {
      // Saved values were parsed by this step's schema before.
      return revealSecrets(saved.values, secrets) as RevealedValues[Id]
    }
    const parsed = await parse(id, await proposal(id))
    if ('errors' in parsed) throw new SetupError('MOOR-SET-011', { step: id })
    return parsed.revealed
  }

  /** Values from outside, by the schema and the rules of their step. */
  async function parse<Id extends StepId>(id: Id, raw: unknown): Promise<ParsedStep<Id>> {
    const step = stepOf(id)
    const parsed = step.schema.safeParse(raw)
    if (!parsed.success)
      return { errors: parsed.error.issues.flatMap((issue) => fieldErrors(issue)) }
    const values = parsed.data as StepValues[Id]
    try {
      const revealed = revealSecrets(values, remembered().secrets) as RevealedValues[Id]
      const errors = (await step.faults?.(revealed, context)) ?? []
      return errors.length > 0 ? { errors } : { values, revealed }
    } catch (error) {
      if (!(error instanceof LostSecret)) throw error
      return { errors: [{ field: error.field, text: 'must be entered again' }] }
    }
  }

  return {
    context,
    stepOf,
    proposal,
    valuesOf,
    parse,

    async all(): Promise<RevealedValues> {
      const entries = stepIds.map(async (id) => [id, await valuesOf(id)] as const)
      return Object.fromEntries(await Promise.all(entries)) as unknown as RevealedValues
    },
  }
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly errors?: readonly (readonly Issue[])[]
}

/** A value that fits no choice is explained by the choice that it comes nearest to. */
function fieldErrors(issue: Issue, above: readonly PropertyKey[] = []): FieldErrors {
  const path = [...above, ...issue.path]
  const nearest = issue.errors?.find((issues) => issues.length > 0)
  if (nearest !== undefined) return nearest.flatMap((inner) => fieldErrors(inner, path))
  return [{ field: path.map(String).join('.'), text: issue.message }]
}
