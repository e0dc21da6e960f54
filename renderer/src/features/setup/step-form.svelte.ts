import type { TestLine } from '@mooring/server/contract/setup'
import type { StepId } from '@mooring/server/contract/setup-steps'
import { faultOf } from '../../api/setup-client.ts'
import { m } from '../../paraglide/messages.js'
import { Form } from '../../ui/form.svelte.ts'
import { draftKinds, type DraftKind, type Drafts } from './drafts.ts'
import { withoutSecrets } from './secret.ts'
import type { Setup } from './setup.svelte.ts'
import { wordsByField } from './setup-words.ts'

/** After the last letter. */
const correctionMs = 400

class ChecksFailed extends Error {}

/** One step as it is filled in: its fields, and what trying them came to. */
export class StepForm<Id extends StepId> {
  readonly id: Id
  readonly form: Form<Drafts[Id]>
  readonly #setup: Setup
  readonly #kind: DraftKind<Drafts[Id]>
  #lines = $state.raw<readonly TestLine[]>()
  #tested = $state.raw('')
  #isTesting = $state(false)
  #running: { print: string; stop: AbortController; result: Promise<boolean> } | undefined
  /** In place of saving: another way was chosen. */
  detour = $state.raw<() => void>()
  /** After saving: whether the next step may follow. */
  afterSave: (() => Promise<boolean>) | undefined
  /** What the fields showed when they last came from the server. */
  #given = ''
  /** Of the next saving: although a check failed. */
  #isForced = false
  /** Fields that somebody was in, and those of them that were wrong once. */
  readonly #left = new Set<string>()
  readonly #wrong = new Set<string>()
  #checking: AbortController | undefined
  #later: ReturnType<typeof setTimeout> | undefined

  constructor(id: Id, setup: Setup) {
    this.id = id
    this.#setup = setup
    this.#kind = draftKinds[id] as unknown as DraftKind<Drafts[Id]>
    const initial = this.#fromServer()
    this.#given = JSON.stringify(initial)
    this.form = new Form<Drafts[Id]>({
      initial,
      check: (values) => checks[id]?.(values as never) ?? {},
      send: () => this.#send(),
      explain: (cause) =>
        cause instanceof ChecksFailed
          ? { message: m.setup_checks_failed() }
          : this.#setup.words.explain(cause),
    })
    const draft = this.#remembered()
    if (draft !== undefined) this.form.values = draft
  }

  /** Of the last test; before one, of the test that the saved values passed. */
  get lines(): readonly TestLine[] {
    return this.#lines ?? (this.form.isDirty ? [] : this.#setup.stepOf(this.id).tests)
  }

  get isTesting(): boolean {
    return this.#isTesting
  }

  get hasFailed(): boolean {
    return this.#lines?.some(({ state }) => state === 'failed') ?? false
  }

  /** Tries what is typed now; once, however often it is asked meanwhile. @returns whether nothing failed */
  test(): Promise<boolean> {
    const values = this.#written()
    const print = JSON.stringify(values)
    if (this.#running?.print === print) return this.#running.result
    this.#running?.stop.abort()
    const stop = new AbortController()
    const running = { print, stop, result: this.#run(values, stop.signal) }
    this.#running = running
    this.#isTesting = true
    const ended = () => {
      if (this.#running !== running) return
      this.#running = undefined
      this.#isTesting = false
    }
    running.result.then(ended, ended)
    return running.result
  }

  async #run(values: unknown, signal: AbortSignal): Promise<boolean> {
    const lines = new Map<string, TestLine>()
    this.#lines = []
    try {
      await this.#setup.call((client) =>
        client.test(this.id, values, {
          signal,
          onLine: (line) => {
            lines.set(line.id, line)
            if (!signal.aborted) this.#lines = [...lines.values()]
          },
        }),
      )
    } catch (error) {
      if (lines.size === 0 && !signal.aborted) this.#lines = undefined
      throw error
    }
    this.#tested = JSON.stringify(values)
    return [...lines.values()].every(({ state }) => state !== 'failed')
  }

  /** As the button says: whatever is wrong shows at the fields. @returns whether it could be tried */
  async tryOut(): Promise<boolean> {
    this.failure = undefined
    try {
      await this.test()
      return true
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return true
      const { message, fields } = this.#setup.words.explain(error)
      if (fields !== undefined) this.form.setErrors(fields)
      else if (message !== undefined) this.failure = message
      return false
    }
  }

  failure = $state<string>()

  async save({ isForced = false } = {}): Promise<boolean> {
    this.failure = undefined
    this.#isForced = isForced
    const isSaved = await this.form.submit()
    // What was typed meanwhile is not saved yet.
    if (!isSaved || this.form.isDirty) return false
    this.forget()
    this.form.reset(this.#fromServer())
    this.#given = JSON.stringify(this.form.values)
    return true
  }

  /** Filled in for somebody, over what is proposed anyway. */
  propose(values: unknown): void {
    const given = values as Readonly<Record<string, unknown>>
    this.form.values = this.#kind.read({
      ...(this.#setup.stepOf(this.id).values as object),
      ...given,
    })
  }

  /** Takes over what the server has now, unless somebody is typing. */
  refresh(): void {
    const next = this.#fromServer()
    const print = JSON.stringify(next)
    if (print === this.#given || this.form.isDirty || this.form.isSubmitting) return
    this.#given = print
    this.form.reset(next)
  }

  /** For a reload: everything but what is secret. */
  remember(): void {
    if (!this.form.isDirty) {
      sessionStorage.removeItem(this.#place)
      return
    }
    const draft = withoutSecrets($state.snapshot(this.form.values))
    sessionStorage.setItem(this.#place, JSON.stringify(draft))
  }

  /** Back to what the server has. */
  discard(): void {
    this.forget()
    this.form.reset(this.#fromServer())
    this.#given = JSON.stringify(this.form.values)
    this.#lines = undefined
    this.failure = undefined
    this.#left.clear()
    this.#wrong.clear()
  }

  forget(): void {
    sessionStorage.removeItem(this.#place)
  }

  /** Somebody left the field: what the server thinks of what is there. */
  leave(field: string): void {
    this.#left.add(field)
    if (this.form.isDirty) void this.#check()
  }

  /** Asks again while a field that was wrong is being corrected. */
  correct(field: string): void {
    if (!this.#wrong.has(field)) return
    clearTimeout(this.#later)
    this.#later = setTimeout(() => void this.#check(), correctionMs)
  }

  async #check(): Promise<void> {
    this.#checking?.abort()
    const checking = new AbortController()
    this.#checking = checking
    try {
      const { signal } = checking
      const values = this.#written()
      const errors = await this.#setup.call((client) => client.check(this.id, values, signal))
      if (signal.aborted || this.form.isSubmitting) return
      const found = Object.entries(wordsByField(errors)).filter(
        ([field]) => this.form.isSubmitted || this.#left.has(field),
      )
      for (const [field] of found) this.#wrong.add(field)
      this.form.setErrors(Object.fromEntries(found))
    } catch {
      // It is only a hint; saving says what is wrong.
    }
  }

  async #send(): Promise<void> {
    const values = this.#written()
    const isTested = this.#tested === JSON.stringify(values) && !this.hasFailed
    if (!this.#isForced && !isTested && !(await this.test())) throw new ChecksFailed()
    try {
      const state = await this.#setup.call((client) => client.save(this.id, values, this.#isForced))
      this.#lines = undefined
      this.#setup.accept(state)
    } catch (error) {
      const tests = faultOf(error)?.tests
      if (tests === undefined) throw error
      this.#lines = tests
      throw new ChecksFailed()
    }
  }

  #written(): unknown {
    return this.#kind.write($state.snapshot(this.form.values) as Drafts[Id])
  }

  #fromServer(): Drafts[Id] {
    return this.#kind.read(this.#setup.stepOf(this.id).values)
  }

  get #place(): string {
    return `setup-draft:${this.id}`
  }

  #remembered(): Drafts[Id] | undefined {
    const text = sessionStorage.getItem(this.#place)
    if (text === null) return undefined
    try {
      return this.#kind.read(JSON.parse(text))
    } catch {
      return undefined
    }
  }
}

/** The little that the server cannot see. */
const checks: { readonly [Id in StepId]?: (values: never) => Record<string, string | undefined> } =
  {
    admin: ({ password, repeated }: Drafts['admin']) => ({
      repeated:
        password.typed !== '' && password.typed !== repeated.typed
          ? m.setup_admin_repeat_differs()
          : undefined,
    }),
  }
