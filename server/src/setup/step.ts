import type { z } from 'zod'
import type { Revealed } from '../contract/setup-fields.ts'
import type { StepId, StepValues, stepSchemas } from '../contract/setup-steps.ts'
import type { FieldErrors, TestLine } from '../contract/setup.ts'
import type { Network } from '../first-start/host-names.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'

/** The machine as it is now: what proposals and checks look at, and a test invents. */
export interface Machine {
  readonly network: Network
  readonly platform: NodeJS.Platform
  /** Absolute. */
  readonly dataDir: string
  /** Absolute. */
  readonly configDir: string
  /** The desktop shell started us: ports below 1024 are not for it. */
  readonly isDesktop: boolean
  /** Only ports that are published lead out of here. */
  readonly isContainer: boolean
  /** Ports that the setup page itself holds; they will be free again for the registry. */
  readonly ownPorts: readonly number[]
  /** What whoever installed this had in mind. */
  readonly proposedPorts?: {
    readonly httpsPort?: number
    readonly httpPort?: number
    readonly metricsPort?: number
  }
  /** Opens the port on every address and lets go of it again. */
  readonly canBind: (port: number) => Promise<boolean>
}

/** Values of a step with its secrets as text. */
export type RevealedValues = { readonly [Id in StepId]: Revealed<StepValues[Id]> }

export interface StepContext {
  readonly machine: Machine
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** What another step has: its saved values, else its proposal. */
  readonly valuesOf: <Id extends StepId>(id: Id) => Promise<RevealedValues[Id]>
}

export interface CheckContext extends StepContext {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export interface SummaryLine {
  readonly label: string
  readonly value: string
}

/** One step of the setup: what it asks, proposes, tries and says about itself. */
export interface Step<Id extends StepId> {
  readonly id: Id
  readonly schema: (typeof stepSchemas)[Id]
  /**
   * The proposal, as the page would send it. A value that only a person can give is missing.
   */
  defaults(context: StepContext): Promise<Proposal<Id>>
  /** What the schema cannot see and needs no trying: the values are refused with these. */
  faults?(values: RevealedValues[Id], context: StepContext): Promise<FieldErrors>
  /**
   * Tries the values for real. A line may come as `running` first, and again when it is through. A
   * failed line keeps the step from being saved, unless somebody insists.
   */
  check(values: RevealedValues[Id], context: CheckContext): AsyncIterable<TestLine>
  /** For the review; the values hold no secrets worth showing, so it shows none. */
  summary(values: StepValues[Id]): readonly SummaryLine[]
  /** What is kept of a secret instead of itself; absent: the secret, encrypted. */
  readonly keepAs?: (secret: string) => Promise<string>
}

export type Proposal<Id extends StepId> = DeepPartial<z.input<(typeof stepSchemas)[Id]>>

type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> | undefined }
    : T

export type Steps = { readonly [Id in StepId]: Step<Id> }
