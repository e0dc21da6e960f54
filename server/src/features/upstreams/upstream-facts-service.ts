import { LRUCache } from 'lru-cache'
import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Allowance } from '../../upstream/rate-limits.ts'
import { contactedHost } from '../../upstream/upstream-target.ts'
import type { Step } from '../../work/worker.ts'
import { applianceStateStore } from '../appliance/appliance-state-store.ts'

const Facts = z.object({
  allowance: z
    .object({
      remaining: z.number(),
      limit: z.number().nullable(),
      windowMs: z.number().nullable(),
      resetsAt: z.number().nullable(),
      at: z.number(),
    })
    .optional(),
  check: z
    .object({
      at: z.number(),
      ms: z.number(),
      /** Null: it answered. */
      code: z.string().nullable(),
      message: z.string().nullable(),
    })
    .optional(),
})

/** What was last learned of an upstream. */
export type UpstreamFacts = z.output<typeof Facts>
export type UpstreamCheck = NonNullable<UpstreamFacts['check']>
export type UpstreamFactsKeeper = ReturnType<typeof createUpstreamFacts>

const folder = 'upstream/'
const mostHosts = 150
const keptForMs = 30 * 86_400_000

const newestOf = ({ allowance, check }: UpstreamFacts) =>
  Math.max(allowance?.at ?? 0, check?.at ?? 0)

/**
 * What upstreams told of their limits, and how they answered when they were tried: the newest of each,
 * of all processes on the database. Written in batches, as an allowance changes with every answer.
 */
export function createUpstreamFacts({ db, clock }: { db: Db; clock: Clock }) {
  const learned = new LRUCache<string, UpstreamFacts>({ max: mostHosts })
  const unwritten = new Set<string>()

  function learn(host: string, facts: UpstreamFacts): void {
    learned.set(host, { ...learned.get(host), ...facts })
    unwritten.add(host)
  }

  async function kept(): Promise<Map<string, UpstreamFacts>> {
    const found = await applianceStateStore(db).listBelow(folder)
    return new Map(
      [...found].flatMap(([host, value]) => {
        const read = Facts.safeParse(value)
        return read.success ? [[host, read.data]] : []
      }),
    )
  }

  async function flush(): Promise<void> {
    if (unwritten.size === 0) return
    const before = await kept()
    const states = applianceStateStore(db)
    for (const host of unwritten) {
      unwritten.delete(host)
      const facts = learned.get(host)
      if (facts === undefined) continue
      const newest = newer(before.get(host), facts)
      before.set(host, newest)
      await states.set(`${folder}${host}`, newest)
    }
    const byAge = [...before].sort(([, a], [, b]) => newestOf(b) - newestOf(a))
    const oldest = clock.now() - keptForMs
    for (const [place, [host, facts]] of byAge.entries()) {
      if (place >= mostHosts || newestOf(facts) < oldest) await states.delete(`${folder}${host}`)
    }
  }

  return {
    noteAllowance(host: string, { remaining, limit, windowMs, resetMs }: Allowance): void {
      const at = clock.now()
      const resetsAt = resetMs === undefined ? null : at + resetMs
      const allowance = { remaining, limit: limit ?? null, windowMs: windowMs ?? null }
      learn(host, { allowance: { ...allowance, resetsAt, at } })
    },

    noteCheck(host: string, check: UpstreamCheck): void {
      learn(contactedHost(host), { check })
    },

    /** By the names that mirrors and caches have for them. */
    async list(hosts: readonly string[]): Promise<ReadonlyMap<string, UpstreamFacts>> {
      const found = await kept()
      return new Map(
        hosts.map((host) => {
          const contacted = contactedHost(host)
          return [host, newer(found.get(contacted), learned.get(contacted) ?? {})]
        }),
      )
    },

    flush,

    step: (async () => {
      await flush()
      return 'idle'
    }) satisfies Step,
  }
}

function newer(a: UpstreamFacts = {}, b: UpstreamFacts): UpstreamFacts {
  const allowance = (a.allowance?.at ?? -1) > (b.allowance?.at ?? -1) ? a.allowance : b.allowance
  const check = (a.check?.at ?? -1) > (b.check?.at ?? -1) ? a.check : b.check
  return { ...(allowance && { allowance }), ...(check && { check }) }
}
