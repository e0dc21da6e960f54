import type { ApplyView, HostView, RestoreView, SetupState } from '@mooring/server/contract/setup'
import type { StepId } from '@mooring/server/contract/setup-steps'
import { createContext } from 'svelte'
import { ApiError } from '../../api/api-error.ts'
import { createSetupClient, faultOf, type SetupClient } from '../../api/setup-client.ts'
import { StepForm } from './step-form.svelte.ts'
import { Words } from './words.svelte.ts'

/**
 * `absent`: the server knows of no setup. `outside`: nobody has entered the code here. `waiting`: who
 * followed to the new address is shown the end of it, and needs no code for that.
 */
export type Presence =
  'loading' | 'failed' | 'absent' | 'outside' | 'waiting' | 'inside' | 'finished'

const pastRestore = 'setup-past-restore'

/** A setup as one browser goes through it. What is being typed stays while the session comes and goes. */
export class Setup {
  readonly client: SetupClient
  readonly words = new Words()
  presence = $state<Presence>('loading')
  failure = $state.raw<unknown>()
  /** It was inside before: the code is asked for again, and everything is still there. */
  wasInside = $state(false)
  #state = $state.raw<SetupState>()
  restore = $state.raw<RestoreView>()
  #isPastRestore = $state(sessionStorage.getItem(pastRestore) !== null)
  host = $state.raw<HostView>()
  /** How it ended, where it ended before our eyes. */
  applied = $state.raw<ApplyView>()
  readonly #forms = new Map<StepId, StepForm<StepId>>()

  constructor(client: SetupClient = createSetupClient()) {
    this.client = client
  }

  /** A restore failed, and the steps are to be gone through instead; also after a reload. */
  get isPastRestore(): boolean {
    return this.#isPastRestore
  }
  set isPastRestore(isPast: boolean) {
    this.#isPastRestore = isPast
    if (isPast) sessionStorage.setItem(pastRestore, '')
    else sessionStorage.removeItem(pastRestore)
  }

  /** Only asked for where somebody is inside. */
  get state(): SetupState {
    if (this.#state === undefined) throw new Error('nobody is in the setup')
    return this.#state
  }

  get isLoaded(): boolean {
    return this.#state !== undefined
  }

  stepOf(id: StepId) {
    const found = this.state.steps.find((step) => step.id === id)
    if (found === undefined) throw new Error(`there is no step ${id}`)
    return found
  }

  formOf<Id extends StepId>(id: Id): StepForm<Id> {
    const form = this.#forms.get(id)
    if (form === undefined) throw new Error(`there is no step ${id}`)
    // Each is kept under its own id.
    return form as unknown as StepForm<Id>
  }

  async load({ forEnd = false } = {}): Promise<void> {
    this.failure = undefined
    try {
      const { open, phase } = await this.client.session()
      if (phase === 'finished') {
        if (open) await this.#lookBack()
        this.presence = 'finished'
      } else if (!open && forEnd && phase === 'applying') this.presence = 'waiting'
      else if (!open) this.#leave()
      else await this.#enter()
    } catch (error) {
      if (this.#isOutside(error)) return
      if (error instanceof ApiError && error.status < 500) {
        this.presence = 'absent'
        return
      }
      this.failure = error
      this.presence = 'failed'
    }
  }

  async enter(code: string, takeOver: boolean): Promise<void> {
    await this.client.enter(code, takeOver)
    await this.#enter()
  }

  async leave(): Promise<void> {
    await this.client.leave().catch(() => undefined)
    this.#leave()
    this.wasInside = false
  }

  /** Makes a call; whoever was signed out meanwhile is asked for the code. */
  async call<T>(work: (client: SetupClient) => Promise<T>): Promise<T> {
    try {
      return await work(this.client)
    } catch (error) {
      this.#isOutside(error)
      throw error
    }
  }

  accept(state: SetupState): void {
    this.#state = state
    for (const { id } of state.steps) {
      const form = this.#forms.get(id)
      // Made here, outside of all components, whose end they outlive.
      if (form === undefined) this.#forms.set(id, new StepForm(id, this))
      else form.refresh()
    }
  }

  async refresh(): Promise<void> {
    this.accept(await this.call((client) => client.state()))
  }

  /** It is a registry now. */
  finish(view: ApplyView): void {
    this.applied = view
    for (const form of this.#forms.values()) form.forget()
    this.presence = 'finished'
  }

  /** All of it begins anew: nothing that was typed means anything any more. */
  startAgain(state: SetupState): void {
    for (const form of this.#forms.values()) {
      form.forget()
    }
    this.accept(state)
    for (const form of this.#forms.values()) form.discard()
  }

  /** What is known of steps that somebody has to complete. */
  know(known: Readonly<Partial<Record<StepId, unknown>>>): void {
    for (const { id, saved } of this.state.steps) {
      const values = known[id]
      if (!saved && values !== undefined) this.formOf(id).propose(values)
    }
  }

  async #enter(): Promise<void> {
    const [state, restore, host] = await Promise.all([
      this.client.state(),
      this.client.restore(),
      this.client.host(),
    ])
    ;[this.restore, this.host] = [restore, host]
    if (state.phase === 'finished') {
      // It ended between one question and the next.
      await this.#lookBack()
      this.presence = 'finished'
      return
    }
    this.accept(state)
    this.presence = 'inside'
    this.wasInside = true
  }

  /** Who came along from the address of the setup is still in, and may take the key away. */
  async #lookBack(): Promise<void> {
    try {
      this.applied ??= await this.client.applyView()
    } catch (error) {
      // Who is in no more is shown that it ended, and no more than that.
      if (faultOf(error) === undefined) throw error
    }
  }

  #leave(): void {
    this.presence = 'outside'
  }

  #isOutside(error: unknown): boolean {
    const isOutside = faultOf(error)?.code === 'MOOR-SET-005'
    if (isOutside) {
      // A field that goes away with its page would still tell the page that it was left.
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      this.#leave()
    }
    return isOutside
  }
}

export const [useSetup, provideSetup] = createContext<Setup>()
