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

/** Messages about what just happened. Good news goes by itself, the rest stays until closed. */
export class Toasts {
  #items = $state.raw<readonly Toast[]>([])
  #lastId = 0
  #isHeld = false
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

  close(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.#items = this.#items.filter((toast) => toast.id !== id)
  }

  /** While somebody points at them or is inside them, none goes. */
  hold(): void {
    this.#isHeld = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    for (const toast of this.#items) this.#closeLater(toast)
  }

  #add(tone: Toast['tone'], message: string, more: ToastMore = {}): number {
    const toast: Toast = { ...more, id: ++this.#lastId, tone, message }
    this.#items = [...this.#items, toast]
    this.#onAdd(toast)
    if (!this.#isHeld) this.#closeLater(toast)
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
