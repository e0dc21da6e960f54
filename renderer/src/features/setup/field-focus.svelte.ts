import type { StepId } from '@mooring/server/contract/setup-steps'
import type { StepForm } from './step-form.svelte.ts'

/** The field that somebody is in: for the help beside it, and for a check when it is left. */
export class FieldFocus {
  #field = $state<string>()
  #label = $state('')

  get field(): string | undefined {
    return this.#field
  }
  get label(): string {
    return this.#label
  }

  /** For `{@attach …}` around the fields of a step. */
  follow(edited: StepForm<StepId>): (place: HTMLElement) => () => void {
    return (place) => {
      const listening = new AbortController()
      const hear = (kind: string, act: (name: string, control: HTMLElement) => void) => {
        const listener = ({ target }: Event) => {
          const name = target instanceof HTMLElement ? target.getAttribute('name') : null
          if (name !== null && name !== '') act(name, target as HTMLElement)
        }
        place.addEventListener(kind, listener, { signal: listening.signal })
      }
      hear('focusin', (name, control) => {
        this.#field = name
        this.#label = labelOf(control)
      })
      hear('focusout', (name) => {
        edited.leave(name)
      })
      hear('input', (name) => {
        edited.correct(name)
      })
      this.#field = undefined
      return () => {
        listening.abort()
      }
    }
  }
}

function labelOf(control: HTMLElement): string {
  const group = control.closest('[role="radiogroup"]')
  const id = group?.getAttribute('aria-labelledby') ?? `${control.id}-label`
  const label = document.getElementById(id) ?? control.closest('label')
  return (label?.firstChild ?? label)?.textContent?.trim() ?? ''
}
