import { z } from 'zod'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'
import type { Step } from '../../work/worker.ts'
import { applianceStateStore } from './appliance-state-store.ts'

export type ReadOnlyMode = ReturnType<typeof createReadOnlyMode>

const Kept = z.object({ reason: z.string().nullable(), by: z.string(), since: z.number() })
type Kept = z.output<typeof Kept>

export interface ReadOnlyState {
  readonly on: boolean
  readonly reason: string | null
  readonly since: Instant | null
  readonly by: string | null
  readonly set_by: 'configuration' | 'administrator' | null
}

const name = 'read-only'

/**
 * Whether the registry takes writes. An administrator decides that for all instances on the database,
 * over restarts; the others notice within seconds. It is about what clients write: what the server
 * itself notes, such as the log of pulls, goes on. REGISTRY_STATE goes further, and only config.yaml
 * ends it.
 */
export function createReadOnlyMode({
  db,
  clock,
  config,
  log,
}: {
  db: Db
  clock: Clock
  config: Pick<Config, 'registryState'>
  log: Logger
}) {
  const isConfigured = config.registryState === 'readonly'
  let kept: Kept | undefined

  async function refresh(): Promise<void> {
    const found = Kept.safeParse(await applianceStateStore(db).find(name))
    const next = found.success ? found.data : undefined
    if ((next === undefined) !== (kept === undefined)) {
      log.info({ readOnly: next !== undefined, by: next?.by }, 'registry mode changed')
    }
    kept = next
  }

  function state(): ReadOnlyState {
    if (isConfigured) {
      return { on: true, reason: null, since: null, by: null, set_by: 'configuration' }
    }
    if (kept === undefined) return { on: false, reason: null, since: null, by: null, set_by: null }
    return { on: true, ...kept, set_by: 'administrator' }
  }

  return {
    isOn: (): boolean => isConfigured || kept !== undefined,

    state,

    refresh,

    /** @throws Problem `conflict` where the configuration decides. */
    async set(on: boolean, reason: string | null, by: string): Promise<ReadOnlyState> {
      if (isConfigured) {
        throw new Problem('conflict', {
          message: 'REGISTRY_STATE in config.yaml makes the registry read-only.',
        })
      }
      const states = applianceStateStore(db)
      if (on) await states.set(name, { reason, by, since: clock.now() } satisfies Kept)
      else await states.delete(name)
      await refresh()
      return state()
    },

    /** What another instance decided. */
    step: (async () => {
      await refresh()
      return 'idle'
    }) satisfies Step,
  }
}
