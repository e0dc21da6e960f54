import { createContext } from 'svelte'

export interface ToastMore {
  /** Can be unfolded. */
  readonly details?: string | undefined
  readonly requestId?: string | undefined
  readonly action?:
    { readonly label: string; readonly onclick?: () => void; readonly href?: string } | undefined
}

export interface Toast extends ToastMore {
  readonly id: number
  readonly tone: 'info' | 'success' | 'warning' | 'danger'
  readonly message: string
}

/** Why none goes: somebody points at them, is inside them, or looks at another window. */
export type ToastHold = 'pointer' | 'focus' | 'hidden'

/** Messages about what just happened. Good news goes by itself, the rest stays until closed. */
export class Toasts {
  #items = $state.raw<readonly Toast[]>([])
  #lastId = 0
  readonly #holds = new Set<ToastHold>()
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()
  readonly #closeAfterMs: number
  readonly #onAdd: (toast: Toast) => void

  constructor({
    closeAfterMs = 6000,
    onAdd = () => undefined,
  }: { closeAfterMs?: number; onAdd?: (toast: Toast) => void } = {}) {
    this.#closeAfterMs = closeAfterMs
    this.#onAdd = onAdd
  }

  get items(): readonly Toast[] {
    return this.#items
  }

  success(message: string, more?: ToastMore): number {
    return this.#add('success', message, more)
  }

  info(message: string, more?: ToastMore): number {
    return this.#add('info', message, more)
  }

  warning(message: string, more?: ToastMore): number {
    return this.#add('warning', message, more)
  }

  failure(message: string, more?: ToastMore): number {
    return this.#add('danger', message, more)
  }

  get isHeld(): boolean {
    return this.#holds.size > 0
  }

  close(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.#items = this.#items.filter((toast) => toast.id !== id)
    // What is gone is neither pointed at nor left: no browser tells of that.
    if (this.#items.length === 0) {
      this.#holds.delete('pointer')
      this.#holds.delete('focus')
    }
  }

  hold(why: ToastHold): void {
    this.#holds.add(why)
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  release(why: ToastHold): void {
    if (!this.#holds.delete(why) || this.isHeld) return
    for (const toast of this.#items) this.#closeLater(toast)
  }

  #add(tone: Toast['tone'], message: string, more: ToastMore = {}): number {
    const toast: Toast = { ...more, id: ++this.#lastId, tone, message }
    this.#items = [...this.#items, toast]
    this.#onAdd(toast)
    if (!this.isHeld) this.#closeLater(toast)
    return toast.id
  }

  #closeLater({ id, tone }: Toast): void {
    if (tone !== 'success' && tone !== 'info') return
    this.#timers.set(
      id,
      setTimeout(() => {
        this.close(id)
      }, this.#closeAfterMs),
    )
  }
}

export const [useToasts, provideToasts] = createContext<Toasts>()
