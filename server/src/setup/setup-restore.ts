import { access } from 'node:fs/promises'
import path from 'node:path'
import { BackupError } from '../backup/backup-codes.ts'
import { splitAddress } from '../backup/backup-manifest.ts'
import { openTarget } from '../backup/open-target.ts'
import { createProgressMeter, type ProgressMeter } from '../backup/progress.ts'
import { restoreBackup } from '../backup/restore-backup.ts'
import { verifyBackup } from '../backup/verify-backup.ts'
import type { Config, Environment } from '../config/config.ts'
import { StartRestore, type RestoreView } from '../contract/setup.ts'
import type { RegistryDoor } from './apply/task.ts'
import { findingOfError } from './foreign-findings.ts'
import { removeSetupCode } from './setup-code.ts'
import { findingOf, reasonOf, SetupError, type SetupCode } from './setup-codes.ts'
import type { SetupService, SetupTools } from './setup-service.ts'
import { emptySetup } from './setup-state.ts'

/** What was asked for, among the secrets: it names passwords. */
const wishKey = 'key:restore'

export type SetupRestore = ReturnType<typeof createSetupRestore>

/**
 * A backup in the place of all steps: verified, restored, and the registry started from it. A
 * process that died in between goes on by itself when it is back.
 */
export function createSetupRestore({
  service,
  registry,
  loadConfig,
  env,
  stopping,
  ...tools
}: SetupTools & {
  service: SetupService
  registry: RegistryDoor
  loadConfig: () => Promise<Config>
  env: Environment
  stopping: AbortSignal
}) {
  const { machine, files, clock, random, log } = tools
  const { dataDir, configDir } = machine
  let work: { progress: ProgressMeter; ended: Promise<void>; cancel: AbortController } | undefined
  let finding: RestoreView['finding'] = null
  let address: string | null = null

  const isRestored = () =>
    access(path.join(configDir, 'config.yaml')).then(
      () => true,
      () => false,
    )

  async function fetchBackup(
    wish: StartRestore,
    progress: ProgressMeter,
    signal: AbortSignal,
  ): Promise<void> {
    const { target: place, id } = splitAddress(wish.target)
    const credentials = wish.credentials ?? undefined
    const target = await openTarget(place, { env, random, credentials, signal })
    try {
      const parts = { target, id, passphrase: wish.passphrase ?? undefined, signal }
      const { isSound, problems } = await verifyBackup({
        ...parts,
        progress: createProgressMeter({ clock }),
      })
      if (!isSound) throw new BackupError('MOOR-BAK-004', problems[0])
      await restoreBackup({
        ...{ ...parts, dataDir, configDir, env, random, progress, force: false },
        changes: {
          storagePath: wish.storagePath ?? undefined,
          databaseUri: wish.databaseUri ?? undefined,
        },
        // The process has it, and keeps it.
        lock: { release: () => undefined },
      })
    } finally {
      await target.close()
    }
  }

  async function run(progress: ProgressMeter, signal: AbortSignal): Promise<void> {
    let failure: SetupCode = 'MOOR-SET-026'
    try {
      const wish = StartRestore.parse(JSON.parse(service.secrets()[wishKey] ?? 'null'))
      if (!(await isRestored())) await fetchBackup(wish, progress, signal)
      failure = 'MOOR-SET-035'
      await service.change(() =>
        Promise.resolve({ state: { ...service.current(), pastReturn: true } }),
      )
      const config = await loadConfig()
      if (registry.running() === undefined) await registry.start(config)
      address = `${config.urlScheme}://${config.serverHostname}`
      await removeSetupCode(machine)
      const { language } = service.current()
      await service.change(() =>
        Promise.resolve({ state: { ...emptySetup, language, phase: 'finished', address } }),
      )
      await files.removeSecrets()
      log.info({ target: wish.target }, 'backup restored')
    } catch (error) {
      if (stopping.aborted) return
      log.error({ err: error }, 'restore failed')
      finding = findingOfError(error) ?? findingOf(failure, { reason: reasonOf(error) })
      await service.change(() => Promise.resolve({ state: withPhase('failed') }))
    }
  }

  const withPhase = (phase: 'running' | 'failed', target = service.current().restore?.target) => ({
    ...service.current(),
    restore: { phase, target: target ?? '' },
  })

  function begin(): void {
    const cancel = new AbortController()
    const progress = createProgressMeter({ clock })
    const ended = run(progress, AbortSignal.any([cancel.signal, stopping])).finally(() => {
      work = undefined
    })
    finding = null
    work = { progress, ended, cancel }
  }

  return {
    async start(wish: StartRestore): Promise<void> {
      const { phase, restore, pastReturn } = service.current()
      if (phase === 'finished') throw new SetupError('MOOR-SET-020')
      if (work !== undefined || phase === 'applying') throw new SetupError('MOOR-SET-010')
      const isOwn = restore !== undefined
      if (!isOwn && (pastReturn || (await isRestored()))) throw new SetupError('MOOR-SET-027')
      await service.change(() => {
        if (work !== undefined) throw new SetupError('MOOR-SET-010')
        const secrets = { ...service.secrets(), [wishKey]: JSON.stringify(wish) }
        return Promise.resolve({ state: withPhase('running', wish.target), secrets })
      })
      begin()
    },

    /** At a start of the process. */
    resume(): void {
      const { phase, restore } = service.current()
      if (phase !== 'finished' && restore?.phase === 'running') begin()
    },

    /** What was fetched stays, for another try. */
    async cancel(): Promise<void> {
      work?.cancel.abort()
      await work?.ended
    },

    settled: async (): Promise<void> => {
      await work?.ended
    },

    view(): RestoreView {
      const { phase, restore } = service.current()
      const known = restore?.phase ?? (phase === 'finished' && address !== null ? phase : 'none')
      return {
        phase: known === 'finished' ? 'finished' : known,
        target: restore?.target ?? null,
        progress: work === undefined ? null : shown(work.progress),
        finding,
        address,
      }
    },
  }
}

function shown(progress: ProgressMeter): RestoreView['progress'] {
  const { phase, done, total, itemsDone, itemsTotal, eta } = progress.read()
  return { phase, done, total, itemsDone, itemsTotal, eta }
}
