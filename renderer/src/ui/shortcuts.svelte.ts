import { createContext, untrack } from 'svelte'

export interface Shortcut {
  /** As pressed: `/`, `?`, `g o` one after the other, `mod+k` together (Ctrl, on a Mac Command). */
  readonly keys: string
  readonly label: string
  readonly run: () => void
}

const sequenceMs = 1500

/** Keys that act from anywhere on the page, never inside fields or while an input method composes. */
export class Shortcuts {
  #list = $state.raw<readonly Shortcut[]>([])
  #isEnabled = $state(true)
  #pending = ''
  #pendingSince = 0

  get list(): readonly Shortcut[] {
    return this.#list
  }

  get isEnabled(): boolean {
    return this.#isEnabled
  }

  set isEnabled(isEnabled: boolean) {
    this.#isEnabled = isEnabled
  }

  add(keys: string, label: string, run: () => void): () => void {
    const shortcut: Shortcut = { keys, label, run }
    // Whoever adds one in an effect does not follow what others add.
    this.#list = [...untrack(() => this.#list), shortcut]
    return () => {
      this.#list = this.#list.filter((one) => one !== shortcut)
    }
  }

  start(target: EventTarget = window): () => void {
    const listen = (event: Event) => {
      if (event instanceof KeyboardEvent) this.press(event)
    }
    target.addEventListener('keydown', listen)
    return () => {
      target.removeEventListener('keydown', listen)
    }
  }

  press(event: KeyboardEvent): void {
    if (!this.#isEnabled || event.isComposing || event.defaultPrevented || event.altKey) return
    if (event.repeat || ['Shift', 'Control', 'Meta'].includes(event.key)) return
    const isMod = event.ctrlKey || event.metaKey
    if (isField(event.target) || document.querySelector('[aria-modal="true"]') !== null) return
    const key = isMod ? `mod+${event.key.toLowerCase()}` : event.key
    const isFresh = event.timeStamp - this.#pendingSince < sequenceMs
    const pressed = this.#pending !== '' && isFresh ? `${this.#pending} ${key}` : key
    const shortcut = this.#list.find(({ keys }) => keys === pressed || keys === key)
    this.#pending = ''
    if (shortcut) {
      event.preventDefault()
      shortcut.run()
    } else if (this.#list.some(({ keys }) => keys.startsWith(`${key} `))) {
      this.#pending = key
      this.#pendingSince = event.timeStamp
    }
  }
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, [role="menu"]') !== null)
  )
}

export const [useShortcuts, provideShortcuts] = createContext<Shortcuts>()
