import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Step } from '../../work/worker.ts'
import { applianceStateStore } from '../appliance/appliance-state-store.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'

const Kept = z.object({ reason: z.string().nullable(), by: z.string(), since: z.number() })
type Kept = z.output<typeof Kept>

export interface ConnectionState {
  readonly connected: boolean
  readonly reason: string | null
  readonly by: string | null
  readonly since: Instant | null
}

export type SiteConnection = ReturnType<typeof createSiteConnection>

const name = 'disconnected'
const connected: ConnectionState = { connected: true, reason: null, by: null, since: null }

/** As the database has it now. */
export async function readConnection(db: Db): Promise<ConnectionState> {
  const found = Kept.safeParse(await applianceStateStore(db).find(name))
  return found.success ? { connected: false, ...found.data } : connected
}

/**
 * Whether other registries may be asked anything. A superuser decides that for all processes on the
 * database, over restarts; the others follow within seconds.
 */
export function createSiteConnection({ db, log }: { db: Db; log: Logger }) {
  const listeners = new Set<() => void | Promise<void>>()
  let state = connected

  async function refresh(): Promise<void> {
    const before = state.connected
    state = await readConnection(db)
    if (state.connected === before) return
    const message = state.connected ? 'site connected' : 'site disconnected'
    log.info({ by: state.by, reason: state.reason }, message)
    for (const tell of listeners) await tell()
  }

  return {
    state: (): ConnectionState => state,
    isDisconnected: (): boolean => !state.connected,
    refresh,

    /** Told of each change, also of those that another process made. */
    onChange(listener: () => void | Promise<void>): void {
      listeners.add(listener)
    },

    step: (async () => {
      await refresh()
      return 'idle'
    }) satisfies Step,
  }
}

export type ConnectionControl = ReturnType<typeof createConnectionControl>

/** How superusers switch it, of the server or beside it. */
export function createConnectionControl({
  db,
  clock,
  audit,
}: {
  db: Db
  clock: Clock
  audit: Pick<AuditLog, 'recordIn'>
}) {
  return {
    state: () => readConnection(db),

    /** Over again it changes the reason. */
    disconnect: (
      reason: string | null,
      { by, actor }: { readonly by: string; readonly actor: Actor },
    ): Promise<ConnectionState> =>
      db.transaction().execute(async (tx) => {
        const before = await readConnection(tx)
        const kept: Kept = { reason, by, since: before.since ?? clock.now() }
        await applianceStateStore(tx).set(name, kept)
        await audit.recordIn(tx, {
          ...{ kind: 'upstreams_disconnected', account: null, actor },
          metadata: reason === null ? {} : { reason },
        })
        return { connected: false, ...kept }
      }),

    /** @returns whether it was disconnected. */
    connect: (actor: Actor): Promise<boolean> =>
      db.transaction().execute(async (tx) => {
        if ((await readConnection(tx)).connected) return false
        await applianceStateStore(tx).delete(name)
        await audit.recordIn(tx, {
          ...{ kind: 'upstreams_connected', account: null, actor, metadata: {} },
        })
        return true
      }),
  }
}
