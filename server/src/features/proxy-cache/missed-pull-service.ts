import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import type { Step } from '../../work/worker.ts'
import { inBatches } from '../blobs/blob-store.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import {
  addClient,
  emptySketch,
  mergeSketches,
  readSketch,
  writeSketch,
  type ClientSketch,
} from './client-sketch.ts'
import {
  missedPullStore,
  type MissedPullOrder,
  type MissedPullPosition,
  type MissedPullRow,
} from './missed-pull-store.ts'

export type MissedPulls = ReturnType<typeof createMissedPulls>

export interface MissedPull {
  /** `namespace/repository:tag`, or with `@` and a digest. */
  readonly reference: string
  /** The same with the registry that the client wanted it from; empty: it did not say. */
  readonly upstream: string
  readonly client: string
}

export interface MissedPullQuery {
  readonly isIgnored: boolean
  readonly part: string
  readonly order: MissedPullOrder
  readonly after: MissedPullPosition | undefined
  readonly limit: number
}

interface Counted {
  readonly reference: string
  readonly upstream: string
  readonly firstAt: Instant
  readonly clients: ClientSketch
  lastAt: Instant
  count: number
}

const keptMs = 30 * 24 * 3_600_000
const pruneEveryMs = 3_600_000
const keptAtMost = 10_000
const writtenAtOnce = 50
const longestReference = 1_000
/** A page is looked through for images that have come; one that is full of them, not for ever. */
const looksAtMost = 3

/**
 * Images that clients asked for and that were not here. A pull only counts in memory; what was counted
 * is written together, so that a client that asks every second costs one write a minute.
 */
export function createMissedPulls({
  db,
  clock,
  random,
  isReadOnly,
  waitingAtMost = 1_000,
}: {
  db: Db
  clock: Clock
  random: Random
  isReadOnly: () => boolean
  /** Whoever asks for names at random fills no more than this. */
  waitingAtMost?: number
}) {
  let waiting = new Map<string, Counted>()
  let writing: Promise<void> = Promise.resolve()
  let prunedAt = -Infinity

  async function write(counted: readonly Counted[]): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const store = missedPullStore(tx)
      for (const { reference, upstream, clients, count, firstAt, lastAt } of counted) {
        const before = await store.findReference(reference, upstream)
        const sketch =
          before === undefined ? clients : mergeSketches(clients, readSketch(before.clients_sketch))
        await store.add({
          id: before?.id ?? random.uuid(),
          reference,
          upstream,
          count,
          clients_sketch: writeSketch(sketch),
          first_at: firstAt,
          last_at: lastAt,
        })
      }
    })
  }

  async function flush(): Promise<void> {
    if (waiting.size === 0 || isReadOnly()) return
    const counted = [...waiting.values()]
    waiting = new Map()
    for (const some of inBatches(counted, writtenAtOnce)) {
      await write(some)
      await otherWork()
    }
    // Ordered by when they were asked for last, so that what is new never counts as the oldest.
    if (clock.now() - prunedAt > pruneEveryMs || counted.length > waitingAtMost / 10) {
      prunedAt = clock.now()
      await missedPullStore(db).prune(clock.now() - keptMs, keptAtMost)
    }
  }

  /** One at a time, so that none misses what another is about to write. */
  function flushed(): Promise<void> {
    writing = writing.catch(() => undefined).then(flush)
    return writing
  }

  /** Of the images that were missed, those that are here now. */
  async function thoseHere(rows: readonly MissedPullRow[]): Promise<MissedPullRow[]> {
    const here: MissedPullRow[] = []
    for (const row of rows) {
      if (await isHere(row.reference)) here.push(row)
    }
    return here
  }

  async function isHere(text: string): Promise<boolean> {
    const { repository, reference } = splitReference(text)
    const found = await repositoryStore(db).find(repository)
    if (found === undefined) return false
    const manifests = manifestStore(db)
    const now = clock.now()
    if (!isDigest(reference)) {
      return (await manifests.findByTag(found.id, reference, now)) !== undefined
    }
    const manifest = await manifests.findByDigest(found.id, reference)
    return manifest !== undefined && manifests.isAlive(found.id, manifest.id, now)
  }

  async function get(id: string): Promise<MissedPullRow> {
    const row = await missedPullStore(db).find(id)
    if (row === undefined) throw new Problem('not-found')
    return row
  }

  return {
    record({ reference, upstream, client }: MissedPull): void {
      if (reference.length > longestReference || upstream.length > longestReference) return
      const key = `${reference} ${upstream}`
      const now = clock.now()
      const counted = waiting.get(key)
      if (counted === undefined && waiting.size >= waitingAtMost) return
      const one = counted ?? {
        reference,
        upstream,
        firstAt: now,
        lastAt: now,
        count: 0,
        clients: emptySketch(),
      }
      one.count += 1
      one.lastAt = now
      addClient(one.clients, client)
      if (counted === undefined) waiting.set(key, one)
    },

    flush: flushed,

    step: (async () => {
      await flushed()
      return 'idle'
    }) satisfies Step,

    /** With everything that was missed until now, and without what has come since. */
    async page(query: MissedPullQuery): Promise<MissedPullRow[]> {
      await flushed()
      const since = clock.now() - keptMs
      for (let looks = 0; ; looks += 1) {
        const rows = await missedPullStore(db).page({ ...query, since })
        const come = looks < looksAtMost && !isReadOnly() ? await thoseHere(rows) : []
        if (come.length === 0) return rows
        for (const { id } of come) await missedPullStore(db).delete(id)
      }
    },

    /** @throws Problem `not-found` */
    async setIgnored(id: string, isIgnored: boolean): Promise<MissedPullRow> {
      await get(id)
      await missedPullStore(db).setIgnored(id, isIgnored)
      return get(id)
    },

    /** @throws Problem `not-found` */
    async delete(id: string): Promise<void> {
      if (!(await missedPullStore(db).delete(id))) throw new Problem('not-found')
    },
  }
}

function splitReference(text: string): { repository: string; reference: string } {
  const at = text.indexOf('@') >= 0 ? text.indexOf('@') : text.indexOf(':')
  return { repository: text.slice(0, at), reference: text.slice(at + 1) }
}
