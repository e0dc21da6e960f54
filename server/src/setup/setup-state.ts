import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { Secret } from '../config/secret.ts'
import { ApplyTask, TestLine } from '../contract/setup.ts'
import { SetupLanguage, StepId } from '../contract/setup-steps.ts'
import { createSecretBox } from '../features/accounts/secret-box.ts'
import { writeFileDurably } from '../platform/files.ts'
import type { Random } from '../platform/random.ts'
import type { StoredSecrets } from './secret-values.ts'
import { reasonOf, SetupError } from './setup-codes.ts'

const HostFacts = z.object({ hostname: z.string(), addresses: z.array(z.string()) })
export type HostFacts = z.output<typeof HostFacts>

const SavedStep = z.object({
  /** Without secrets: `{ stored: id }` in their places. */
  values: z.unknown(),
  skipped: z.boolean(),
  tests: z.array(TestLine),
  /** Failed lines were there, and somebody insisted. */
  overruled: z.boolean(),
  /** Values of an answer file that nobody has tested here. */
  untested: z.boolean(),
  /** What the host was called when it was saved. */
  host: HostFacts,
})
export type SavedStep = z.output<typeof SavedStep>

/** A task of the journal, with what it said. */
const JournalTask = ApplyTask.omit({ line: true, step: true }).extend({
  lines: z.array(z.string()),
})
export type JournalTask = z.output<typeof JournalTask>

const RecoveryKit = z.object({
  /** Of the codes, in the order in which they were shown. */
  digests: z.array(z.string()),
  /** Somebody says that the kit is in a safe place. */
  stored: z.boolean(),
})

/** setup-state.json: all that a setup remembers, but for its secrets. */
const SetupFile = z.object({
  version: z.literal(1),
  phase: z.enum(['open', 'applying', 'failed', 'finished']),
  language: SetupLanguage,
  savedAt: z.number().nullable(),
  steps: z.partialRecord(StepId, SavedStep),
  tasks: z.array(JournalTask),
  pastReturn: z.boolean(),
  /** What was shown once; gone when something that it names has changed. */
  recoveryKit: RecoveryKit.optional(),
  /** A backup that takes the place of the steps. */
  restore: z.object({ phase: z.enum(['running', 'failed']), target: z.string() }).optional(),
  /** Where the registry will be; set when applying begins. */
  address: z.string().nullable(),
  /** What the tasks have made, so that it is neither made twice nor forgotten. */
  created: z.object({
    adminId: z.number().optional(),
    authorityOf: z.string().optional(),
    storageFolder: z.string().optional(),
    /** The schema was made here, in a database that had none. */
    schema: z.boolean().optional(),
    requestOf: z.string().optional(),
    /** The encrypted key of the authority waits to be taken away; also after the setup. */
    keyToTake: z.boolean().optional(),
  }),
})
export type SetupFile = z.output<typeof SetupFile>

export const emptySetup: SetupFile = {
  version: 1,
  phase: 'open',
  language: 'en',
  savedAt: null,
  steps: {},
  tasks: [],
  pastReturn: false,
  address: null,
  created: {},
}

const names = { state: 'setup-state.json', secrets: 'setup-secrets', key: 'setup-key' }

export type SetupFiles = ReturnType<typeof setupFiles>

/**
 * The files of a setup under way, each replaced as a whole. Secrets are written before the state
 * that names them, so a power cut between the two leaves at most some that nothing names.
 */
export function setupFiles({ dataDir, random }: { dataDir: string; random: Random }) {
  const at = (name: string) => path.join(dataDir, name)

  async function openBox() {
    const found = await readIfThere(at(names.key))
    const key = found?.trim() ?? random.bytes(32).toString('base64url')
    if (found === undefined) await writeFileDurably(at(names.key), `${key}\n`, 0o600)
    return createSecretBox({ secretKey: new Secret(key), random })
  }

  return {
    /** @throws SetupError when it is there and cannot be read. */
    async readState(): Promise<SetupFile | undefined> {
      const text = await readIfThere(at(names.state))
      if (text === undefined) return undefined
      try {
        return SetupFile.parse(JSON.parse(text))
      } catch (error) {
        throw new SetupError('MOOR-SET-021', { reason: reasonOf(error) }, { cause: error })
      }
    },

    writeState: (state: SetupFile): Promise<void> =>
      writeFileDurably(at(names.state), `${JSON.stringify(state, null, 2)}\n`, 0o600),

    async readSecrets(): Promise<StoredSecrets> {
      const sealed = await readIfThere(at(names.secrets))
      if (sealed === undefined) return {}
      try {
        const text = (await openBox()).open(sealed.trim())
        return z.record(z.string(), z.string()).parse(JSON.parse(text))
      } catch (error) {
        throw new SetupError('MOOR-SET-021', { reason: reasonOf(error) }, { cause: error })
      }
    },

    async writeSecrets(secrets: StoredSecrets): Promise<void> {
      const sealed = (await openBox()).seal(JSON.stringify(secrets))
      await writeFileDurably(at(names.secrets), `${sealed}\n`, 0o600)
    },

    async removeSecrets(): Promise<void> {
      await rm(at(names.secrets), { force: true })
      await rm(at(names.key), { force: true })
    },
  }
}

/** Files of a setup that is only tried. */
export function memorySetupFiles(): SetupFiles {
  let state: SetupFile | undefined
  let secrets: StoredSecrets = {}
  return {
    readState: () => Promise.resolve(state),
    writeState: (next) => {
      state = next
      return Promise.resolve()
    },
    readSecrets: () => Promise.resolve(secrets),
    writeSecrets: (next) => {
      secrets = next
      return Promise.resolve()
    },
    removeSecrets: () => Promise.resolve(),
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
