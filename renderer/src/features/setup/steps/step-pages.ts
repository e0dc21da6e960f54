import type { StepId } from '@mooring/server/contract/setup-steps'
import type { Component } from 'svelte'
import type { Form } from '../../../ui/form.svelte.ts'
import type { Drafts } from '../drafts.ts'
import type { StepForm } from '../step-form.svelte.ts'

export interface StepProps<Id extends StepId> {
  readonly form: Form<Drafts[Id]>
  readonly edited: StepForm<Id>
  /** Goes to the step that follows. */
  readonly next: () => void
}
interface Loaded {
  readonly default: Component<{ form: never; edited: unknown; next: () => void }>
}

/** The fields of each step; loaded when somebody comes there. */
export const stepPages = {
  welcome: () => import('./welcome.svelte'),
  identity: () => import('./identity.svelte'),
  network: () => import('./network.svelte'),
  certificates: () => import('./certificates.svelte'),
  storage: () => import('./storage.svelte'),
  admin: () => import('./admin.svelte'),
  mirrors: () => import('./mirrors.svelte'),
  scanning: () => import('./scanning.svelte'),
} as unknown as { readonly [Id in StepId]: () => Promise<Loaded> }
