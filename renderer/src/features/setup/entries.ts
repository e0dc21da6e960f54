import type { SetupState } from '@mooring/server/contract/setup'
import type { StepId } from '@mooring/server/contract/setup-steps'
import { pageNames, type PageId } from './setup-words.ts'
import { stepIds } from './step-ids.ts'

interface WizardStep {
  readonly key: string
  readonly label: string
  readonly state: 'done' | 'current' | 'attention' | 'skipped' | 'todo'
  readonly href?: string
}

/** The list of steps; one can be gone to once everything before it is through. */
export function stepEntries(state: SetupState, shown: PageId): readonly WizardStep[] {
  const reached = state.current === 'review' ? stepIds.length : stepIds.indexOf(state.current)
  const steps = state.steps.map(({ id, state: now }, index): WizardStep => {
    const isReached = index <= reached || now !== 'open'
    return {
      key: id,
      label: pageNames[id](),
      state: now === 'open' ? 'todo' : now,
      ...(isReached && id !== shown && { href: `/setup/${id}` }),
    }
  })
  const isLast = state.current === 'review'
  return [
    ...steps,
    {
      key: 'review',
      label: pageNames.review(),
      state: shown === 'review' || isLast ? 'current' : 'todo',
      ...(isLast && shown !== 'review' && { href: '/setup/review' }),
    },
  ]
}

/** After a step: the next one in the list, or the first that still needs somebody. */
export function goesOn(state: SetupState, id: StepId): PageId {
  const following = stepIds[stepIds.indexOf(id) + 1]
  if (following === undefined) return state.current
  const isThrough = state.steps.every(({ state: now }) => now !== 'open' && now !== 'current')
  return isThrough ? 'review' : following
}
