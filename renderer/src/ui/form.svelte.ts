import { untrack } from 'svelte'

export interface FormFailure {
  readonly message?: string | undefined
  /** By name, `a.b` or JSON pointer `/a/b`. */
  readonly fields?: Readonly<Record<string, string>> | undefined
}

export interface FormOptions<Values extends object> {
  readonly initial: Values
  /** Errors by field; asked again at each change. */
  readonly check?: (values: Values) => Readonly<Record<string, string | undefined>>
  /** Given what the form began with, too: what nobody changed here may have been changed elsewhere. */
  readonly send: (values: Values, before: Values) => Promise<unknown>
  /** What a refusal means for the reader. */
  readonly explain?: (cause: unknown) => FormFailure
}

let lastForm = 0

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/**
 * The state of a form. Errors show once a field was left or sending was tried; the server's stay
 * until the value they are about changes. What was typed is never cleared.
 */
export class Form<Values extends object> {
  values: Values = $state() as Values
  readonly #id = `form-${++lastForm}`
  readonly #options: FormOptions<Values>
  #initial: string = $state('')
  #touched = $state<Readonly<Record<string, true>>>({})
  #refused = $state.raw<Readonly<Record<string, { text: string; value: string }>>>({})
  #failure = $state<string | null>(null)
  #isSubmitting = $state(false)
  #isSubmitted = $state(false)
  /** Where a reset leads back to; what was sent since is no new beginning. */
  #beginning: string
  #resets = 0

  constructor(options: FormOptions<Values>) {
    this.#options = options
    this.values = structuredClone(options.initial)
    this.#initial = JSON.stringify(options.initial)
    this.#beginning = this.#initial
  }

  /** All that is wrong, whether shown yet or not. */
  readonly #faults = $derived.by(() => {
    const faults: Record<string, string> = {}
    for (const [field, { text, value }] of Object.entries(this.#refused)) {
      if (this.#printed(field) === value) faults[field] = text
    }
    const checked = this.#options.check?.(this.values) ?? {}
    for (const [field, text] of Object.entries(checked)) if (text) faults[field] = text
    return faults
  })

  /** By field, those to show. */
  readonly errors: Readonly<Record<string, string>> = $derived.by(() =>
    Object.fromEntries(
      Object.entries(this.#faults).filter(
        ([field]) => this.#isSubmitted || this.#touched[field] || field in this.#refused,
      ),
    ),
  )

  get isDirty(): boolean {
    return JSON.stringify(this.values) !== this.#initial
  }

  get isValid(): boolean {
    return Object.keys(this.#faults).length === 0
  }

  get isSubmitting(): boolean {
    return this.#isSubmitting
  }

  get isSubmitted(): boolean {
    return this.#isSubmitted
  }

  /** Why the last sending failed, where no field is to blame. */
  get failure(): string | null {
    return this.#failure
  }

  /** For the summary above the form. */
  get errorList(): readonly { readonly id: string; readonly message: string }[] {
    return Object.entries(this.errors).map(([field, message]) => ({
      id: this.idOf(field),
      message,
    }))
  }

  idOf(field: string): string {
    return `${this.#id}-${field}`
  }

  error(field: string): string | undefined {
    return this.errors[field]
  }

  /** To be spread on a field. */
  field(name: string) {
    return {
      id: this.idOf(name),
      name,
      error: this.error(name),
      onblur: () => {
        this.touch(name)
      },
    }
  }

  touch(field: string): void {
    this.#touched = { ...this.#touched, [field]: true }
  }

  /**
   * Sends once: while it runs, another call does nothing.
   * @returns whether it was sent and accepted
   */
  async submit(): Promise<boolean> {
    if (this.#isSubmitting) return false
    this.#isSubmitted = true
    this.#failure = null
    // The server decides again about what it refused before.
    this.#refused = {}
    if (!this.isValid) return false
    this.#isSubmitting = true
    const sent = $state.snapshot(this.values) as Values
    const resets = this.#resets
    try {
      await this.#options.send(sent, JSON.parse(this.#initial) as Values)
      if (this.#resets === resets) this.#initial = JSON.stringify(sent)
      return true
    } catch (cause) {
      if (this.#options.explain === undefined) throw cause
      const { message, fields } = this.#options.explain(cause)
      if (fields !== undefined) this.setErrors(fields)
      this.#failure = message ?? null
      return false
    } finally {
      this.#isSubmitting = false
    }
  }

  setErrors(fields: Readonly<Record<string, string>>): void {
    this.#refused = Object.fromEntries(
      Object.entries(fields).map(([place, text]) => {
        const field = place.startsWith('/') ? place.slice(1).replaceAll('/', '.') : place
        return [field, { text, value: this.#printed(field) }]
      }),
    )
  }

  /** Back to the beginning, or to what the server has now, which then is the beginning. */
  reset(values?: Values): void {
    this.#resets++
    const next = values ?? (JSON.parse(this.#beginning) as Values)
    this.values = structuredClone($state.snapshot(next) as Values)
    this.#initial = JSON.stringify(next)
    this.#beginning = this.#initial
    this.#touched = {}
    this.#refused = {}
    this.#failure = null
    this.#isSubmitted = false
  }

  /**
   * Takes over what the server has each time that it is told anew, but for what somebody changed here:
   * that stays. For a component as it begins.
   */
  follow(source: () => Values): void {
    let seen = JSON.stringify(untrack(source))
    $effect(() => {
      const next = source()
      // What is being sent is the newest there is; how that ended is told after it.
      if (this.#isSubmitting) return
      const print = JSON.stringify(next)
      if (print === seen) return
      seen = print
      untrack(() => {
        this.#rebase(next)
      })
    })
  }

  #rebase(next: Values): void {
    const before = JSON.parse(this.#initial) as Values
    for (const key of Object.keys(next) as (keyof Values)[]) {
      if (!isSame(this.values[key], before[key])) continue
      this.values[key] = $state.snapshot(next[key]) as Values[keyof Values]
    }
    this.#initial = JSON.stringify(next)
    this.#beginning = this.#initial
  }

  /** Asks before the window leaves changes behind; for an `$effect`. */
  guard(): () => void {
    const ask = (event: BeforeUnloadEvent) => {
      if (this.isDirty) event.preventDefault()
    }
    window.addEventListener('beforeunload', ask)
    return () => {
      window.removeEventListener('beforeunload', ask)
    }
  }

  /** The value at `a.b`, comparable. */
  #printed(field: string): string {
    let value: unknown = this.values
    for (const part of field.split('.')) {
      value =
        typeof value === 'object' && value !== null
          ? (value as Record<string, unknown>)[part]
          : undefined
    }
    return JSON.stringify([value])
  }
}
