import type { Config } from '../../config/config.ts'
import type { BulkInsert } from '../../db/sqlite-background.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Principal } from '../accounts/principal.ts'
import { auditStore, type NewLogEntry } from './audit-store.ts'
import { tokenKeys } from './identity-keys.ts'
import { logKindId, type LogKind } from './log-kinds.ts'

/** Who did something, and from where. `system` is the server itself, or its command line. */
export interface Actor {
  readonly principal: Principal | 'system'
  readonly ip?: string | null
}

export const system: Actor = { principal: 'system' }

export interface AuditEntry {
  readonly kind: LogKind
  /** The namespace that the event belongs to. */
  readonly account: { readonly id: number; readonly username: string } | null
  readonly actor: Actor
  readonly repositoryId?: number | null
  readonly metadata: Readonly<Record<string, unknown>>
  /** When it happened, where that was earlier. */
  readonly at?: Instant
  /** Of a push: the tags that it set, where the metadata does not name them. Not written down. */
  readonly tags?: readonly string[]
}

export type AuditLog = ReturnType<typeof createAuditLog>

const batchSize = 500
const bufferedAtMost = 10_000
const flushAfterMs = 1000

/**
 * The action log. What changes something is recorded in its own transaction. Pulls are collected and
 * written in batches, at the latest a second later: they never wait for the log and never fail with
 * it, and when it cannot keep up they are dropped, and counted.
 */
export function createAuditLog({
  db,
  bulkInsert,
  clock,
  logger,
  config,
  bus,
  told,
}: {
  db: Db
  bulkInsert?: BulkInsert | undefined
  clock: Clock
  logger: Logger
  config: Pick<Config, 'registryState' | 'audit'> & {
    readonly logs?: Pick<Config['logs'], 'allowWithoutStrict'>
  }
  /** Told that a repository changed. */
  bus?: EventBus | undefined
  /** Told of every entry about a change, in its transaction, also of those that are not kept. */
  told?: ((tx: Db, entry: AuditEntry) => Promise<void>) | undefined
}) {
  const silent = new Set(config.audit.disabledNamespaces)
  const silentPulls = new Set(config.audit.pullsDisabledNamespaces)
  let buffer: NewLogEntry[] = []
  let dropped = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let closed = false

  function isSkipped({ kind, account }: AuditEntry): boolean {
    if (config.registryState === 'readonly') return true
    if (account === null) return false
    const isPull = kind === 'pull_repo' || kind === 'repo_verb'
    return silent.has(account.username) || (isPull && silentPulls.has(account.username))
  }

  const toRow = ({
    kind,
    account,
    actor,
    repositoryId,
    metadata,
    at,
  }: AuditEntry): NewLogEntry => ({
    kind_id: logKindId(kind),
    account_id: account?.id ?? null,
    performer_id: performerId(actor),
    repository_id: repositoryId ?? null,
    datetime: at ?? clock.now(),
    ip: actor.ip ?? null,
    metadata_json: JSON.stringify({ ...metadata, ...grantKeys(actor) }),
  })

  function schedule() {
    if (timer !== undefined || closed || buffer.length === 0) return
    timer = setTimeout(() => void flush(), flushAfterMs)
    timer.unref()
  }

  /** Writes what has been collected; what cannot be written is tried again with the next batch. */
  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing ??= write().finally(() => {
      writing = undefined
      schedule()
    })
    return writing
  }

  async function write() {
    while (buffer.length > 0) {
      const batch = buffer.slice(0, batchSize)
      try {
        const store = auditStore(db)
        await (bulkInsert ? store.insertInBulk(bulkInsert, batch) : store.insert(batch))
      } catch (error) {
        logger.warn({ err: error, waiting: buffer.length }, 'action log not written')
        break
      }
      buffer = buffer.slice(batch.length)
    }
    if (dropped > 0) {
      logger.warn({ dropped }, 'action log entries dropped')
      dropped = 0
    }
  }

  return {
    /**
     * Together with the change it tells about, in its transaction, and neither without the other,
     * unless ALLOW_WITHOUT_STRICT_LOGGING says so.
     */
    async recordIn(tx: Db, entry: AuditEntry): Promise<void> {
      if (typeof entry.repositoryId === 'number') {
        bus?.publish('repositories', { repositoryId: entry.repositoryId, kind: entry.kind })
      }
      await told?.(tx, entry)
      if (isSkipped(entry)) return
      const row = toRow(entry)
      if (!config.logs?.allowWithoutStrict) {
        await auditStore(tx).insert([row])
        return
      }
      try {
        await auditStore(tx).insertApart(row)
      } catch (error) {
        logger.warn({ err: error, kind: entry.kind }, 'action log not written')
      }
    },

    /** For pulls, and whatever else must not wait. */
    record(entry: AuditEntry): void {
      if (isSkipped(entry)) return
      if (closed || buffer.length >= bufferedAtMost) {
        dropped++
        return
      }
      buffer.push(toRow(entry))
      if (buffer.length >= batchSize && writing === undefined) void flush()
      else schedule()
    },

    flush,

    /** Writes the rest. Afterwards nothing is taken any more. */
    async close(): Promise<void> {
      closed = true
      await flush()
      if (buffer.length > 0) await flush()
    },
  }
}

/** Whatever was done with an OAuth token says so (logs-and-notifications, 1.2). */
function grantKeys({ principal }: Actor) {
  return principal !== 'system' && principal.kind === 'user' && principal.via?.kind === 'oauth'
    ? tokenKeys(principal)
    : {}
}

function performerId({ principal }: Actor): number | null {
  return principal === 'system' || principal.kind === 'anonymous' ? null : principal.id
}
