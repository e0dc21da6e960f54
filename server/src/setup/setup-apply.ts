import { rm } from 'node:fs/promises'
import path from 'node:path'
import { forgetRestore } from '../backup/restore-backup.ts'
import type { Config } from '../config/config.ts'
import type { ApplyView } from '../contract/setup.ts'
import { stepIds } from '../contract/setup-steps.ts'
import { openDatabase } from '../db/open.ts'
import { dropTables } from '../db/postgresql-load.ts'
import { currentLevel } from '../db/schema-level.ts'
import { syncDirectory } from '../platform/files.ts'
import { pendingTask, runTasks } from './apply/runner.ts'
import { storageMarker } from './apply/storage-task.ts'
import type { RegistryDoor, TaskContext } from './apply/task.ts'
import { applyTasks } from './apply/tasks.ts'
import { serverHostname } from './registry-address.ts'
import { removeSetupCode } from './setup-code.ts'
import { reasonOf, SetupError } from './setup-codes.ts'
import type { SetupService, SetupTools } from './setup-service.ts'
import { emptySetup, type JournalTask, type SetupFile } from './setup-state.ts'

const keyNames = { secretKey: 'key:secret', databaseSecretKey: 'key:database' } as const

/** What must be typed to throw away what exists. */
export const startOverWords = 'start over'

export type SetupApply = ReturnType<typeof createSetupApply>

/** Carries the settings out, and goes on where an earlier process was stopped. */
export function createSetupApply({
  service,
  registry,
  loadConfig,
  describeAutostart,
  stopping,
  ...tools
}: SetupTools & {
  service: SetupService
  registry: RegistryDoor
  loadConfig: (text?: string) => Promise<Config>
  describeAutostart: () => string
  /** Aborted when the process ends. */
  stopping: AbortSignal
}) {
  const { machine, files, steps, clock, random, log } = tools
  const listeners = new Set<(view: ApplyView) => void>()
  let running: Promise<boolean> | undefined

  async function write(next: (state: SetupFile) => SetupFile): Promise<void> {
    await service.change(() => Promise.resolve({ state: next(service.current()) }))
    const view = await service.applyView()
    for (const listener of listeners) listener(view)
  }

  async function requireKeys() {
    const secrets = service.secrets()
    const drawn = Object.values(keyNames).filter((name) => secrets[name] === undefined)
    if (drawn.length > 0) {
      const fresh = drawn.map((name) => [name, random.bytes(32).toString('base64url')] as const)
      await service.change(() =>
        Promise.resolve({
          state: service.current(),
          secrets: { ...service.secrets(), ...Object.fromEntries(fresh) },
        }),
      )
    }
    const all = service.secrets()
    return {
      secretKey: all[keyNames.secretKey] ?? '',
      databaseSecretKey: all[keyNames.databaseSecretKey] ?? '',
    }
  }

  const taskOf = (id: JournalTask['id']) =>
    service.current().tasks.find((task) => task.id === id) ?? pendingTask(id)

  async function run(): Promise<boolean> {
    const values = await service.values.all()
    const listenersAt = applyTasks.findIndex(({ id }) => id === 'listeners')
    const isEarly = applyTasks.slice(0, listenersAt).some(({ id }) => taskOf(id).state !== 'done')
    // What these do is done behind the back of a registry, so none may run.
    if (isEarly) await registry.stop()

    const overruled = stepIds.filter((id) => service.current().steps[id]?.overruled === true)
    const context: Omit<TaskContext, 'note'> = {
      ...{ values, steps, machine, clock, random, log, registry, loadConfig },
      keys: await requireKeys(),
      recoveryDigests: service.current().recoveryKit?.digests ?? [],
      overruled: new Set(overruled),
      dataDir: machine.dataDir,
      configDir: machine.configDir,
      created: () => service.current().created,
      remember: (created) =>
        write((state) => ({ ...state, created: { ...state.created, ...created } })),
      describeAutostart,
      close: () => removeSetupCode(machine),
      signal: stopping,
    }
    const isDone = await runTasks(
      applyTasks,
      {
        read: taskOf,
        write: (task, change) =>
          write((state) => ({
            ...state,
            ...change,
            tasks: applyTasks.map(({ id }) =>
              id === task.id ? task : (state.tasks.find((one) => one.id === id) ?? pendingTask(id)),
            ),
          })),
      },
      context,
      tools,
    )
    if (stopping.aborted) return false
    if (isDone) await finish()
    else await write((state) => ({ ...state, phase: 'failed' }))
    return isDone
  }

  /** The state says so first: from then on a start finds a registry, and nothing of a setup. */
  async function finish(): Promise<void> {
    // A process that was cut off after its last task has drawn a new one when it came back.
    await removeSetupCode(machine)
    await write((state) => {
      const created = state.created.keyToTake === true ? { keyToTake: true } : {}
      const { recoveryKit: _recoveryKit, ...rest } = state
      return { ...rest, phase: 'finished', steps: {}, created }
    })
    await files.removeSecrets()
  }

  function begin(accepted: Promise<void> = Promise.resolve()): Promise<boolean> {
    const attempt = accepted
      .then(run)
      .catch(async (error: unknown) => {
        log.error({ err: error }, 'setup broken off')
        if (!stopping.aborted) await write((state) => ({ ...state, phase: 'failed' }))
        return false
      })
      .finally(() => {
        running = undefined
      })
    running = attempt
    return attempt
  }

  function requireIdle(): void {
    const { restore } = service.current()
    if (running !== undefined || restore?.phase === 'running') {
      throw new SetupError('MOOR-SET-010')
    }
    if (service.current().phase === 'finished') throw new SetupError('MOOR-SET-020')
  }

  /** Writes down that it is wanted; the work itself goes on after the answer. */
  async function want(tasks: (state: SetupFile) => JournalTask[]): Promise<void> {
    requireIdle()
    service.requireComplete()
    const { identity, network } = await service.values.all()
    const address = `https://${serverHostname({ identity, network })}`
    requireIdle()
    // Taken before anything is waited for, so that of two requests one begins.
    const accepted = write((state) => ({
      ...{ ...state, phase: 'applying' as const, address },
      tasks: tasks(state),
    }))
    void begin(accepted)
    await accepted
  }

  return {
    isRunning: () => running !== undefined,
    /** Resolves when the tasks end, one way or the other. */
    settled: async (): Promise<void> => {
      await running
    },

    /** Calls back with every change until the returned function is called. */
    watch(listener: (view: ApplyView) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    /** All of it. Resolves when it is written down that it begins; `settled` when it ends. */
    start: () => want(() => applyTasks.map(({ id }) => pendingTask(id))),

    /** From the task that failed. */
    retry: () => want(({ tasks }) => tasks),

    /** At a start of the process. @returns undefined when nothing was under way */
    resume(): Promise<boolean> | undefined {
      const { phase, tasks } = service.current()
      const isUnderWay = phase === 'applying' || (phase === 'failed' && tasks.length > 0)
      return isUnderWay ? begin() : undefined
    },

    /** @throws SetupError when something exists and the words are missing. */
    async startOver(confirm: string): Promise<void> {
      requireIdle()
      const { pastReturn, created } = service.current()
      if (pastReturn && confirm.trim().toLowerCase() !== startOverWords) {
        throw new SetupError('MOOR-SET-014')
      }
      await registry.stop()
      await write((state) => ({ ...state, phase: 'open', tasks: [] }))
      await forgetRestore(machine.dataDir)
      if (created.schema === true) await removeSchema(loadConfig)
      await removeCreated(machine, created)
      await write((state) => ({ ...emptySetup, language: state.language }))
      await files.removeSecrets()
      await service.forgetSecrets()
    },
  }
}

const configFiles =
  'ssl.cert ssl.key ca.crt ca.key certificates extra_ca_certs database.pem ' +
  'quay.pem quay.kid config.yaml'
const databaseFiles = 'mooring.db mooring.db-wal mooring.db-shm'

/** Our own tables alone: the database may hold those of others. */
async function removeSchema(loadConfig: () => Promise<Config>): Promise<void> {
  try {
    await dropOurTables(await loadConfig())
  } catch (error) {
    throw new SetupError('MOOR-SET-028', { reason: reasonOf(error) }, { cause: error })
  }
}

async function dropOurTables({ database: wanted }: Config): Promise<void> {
  if (wanted.kind === 'sqlite') return
  const database = await openDatabase(wanted)
  try {
    await dropTables(database.db, [currentLevel()])
    await database.flush()
  } finally {
    await database.close()
  }
}

/** The settings go last: while they are there, what they name can be found. */
async function removeCreated(
  { dataDir, configDir }: { dataDir: string; configDir: string },
  { storageFolder }: SetupFile['created'],
): Promise<void> {
  const remove = (file: string) => rm(file, { recursive: true, force: true })
  for (const name of databaseFiles.split(' ')) await remove(path.join(dataDir, name))
  if (storageFolder !== undefined) await remove(storageFolder)
  else await remove(path.join(dataDir, 'storage', storageMarker))
  for (const name of configFiles.split(' ')) await remove(path.join(configDir, name))
  await syncDirectory(dataDir)
}
