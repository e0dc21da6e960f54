import type { z } from 'zod'
import type { Config } from '../../config/config.ts'
import type { ApplyTaskId, Finding as FindingSchema } from '../../contract/setup.ts'
import type { StepId } from '../../contract/setup-steps.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import type { RunningServer } from '../../start.ts'
import type { SetupCode } from '../setup-codes.ts'
import type { SetupFile } from '../setup-state.ts'
import type { Machine, RevealedValues, Steps } from '../step.ts'
import type { ServerKeys } from './config-text.ts'

type Finding = z.output<typeof FindingSchema>

/** The registry that this setup is about, in this process. */
export interface RegistryDoor {
  /** Closes the setup's own ports and opens the registry's; on failure it is as before. */
  readonly start: (config: Config) => Promise<RunningServer>
  /** Undefined while the setup's own ports are open. */
  readonly running: () => RunningServer | undefined
  /** Back to the setup's own ports. */
  readonly stop: () => Promise<void>
}

export interface TaskContext {
  readonly values: RevealedValues
  readonly keys: ServerKeys
  /** Of the codes that the administrator got. */
  readonly recoveryDigests: readonly string[]
  readonly steps: Steps
  /** Steps that were saved although a check had failed. */
  readonly overruled: ReadonlySet<StepId>
  readonly machine: Machine
  readonly dataDir: string
  readonly configDir: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly registry: RegistryDoor
  /** The settings as the server will read them; before the certificate is there as well. */
  readonly loadConfig: (text?: string) => Promise<Config>
  readonly created: () => SetupFile['created']
  /** Remembers what was made, before anything else happens. */
  readonly remember: (created: Partial<SetupFile['created']>) => Promise<void>
  /** A line for the page and the log. */
  readonly note: (line: string) => void
  /** What starts the registry at boot. */
  readonly describeAutostart: () => string
  /** Ends the setup: nothing of it is needed after this. */
  readonly close: () => Promise<void>
  readonly signal: AbortSignal
}

/** One piece of applying: does nothing that is done already, so that it may run any number of times. */
export interface Task {
  readonly id: ApplyTaskId
  readonly step: StepId | null
  readonly failure: SetupCode
  /** From here on there is something to remove. */
  readonly isReturnPoint?: true
  /** Holds for this process only: has to run again after a restart. */
  readonly isVolatile?: true
  /** @returns what it did, in one line; and what of it did not work out, where the rest goes on. */
  run(context: TaskContext): Promise<string | { readonly line: string; readonly finding: Finding }>
}
