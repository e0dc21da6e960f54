import { z } from 'zod'

import { healthCheckIds } from '../../contract/appliance-health.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'
import type { Step } from '../../work/worker.ts'
import { applianceStateStore } from './appliance-state-store.ts'
import { dayMs } from './growth.ts'
import {
  byUrgency,
  checkPages,
  judged,
  worstOf,
  type Check,
  type CheckId,
  type CheckState,
} from './health-checks.ts'
import type { HealthProbe } from './health-probes.ts'

export type ApplianceHealthService = ReturnType<typeof createApplianceHealth>

const Acknowledged = z.object({
  note: z.string(),
  until: z.number(),
  by: z.string(),
  at: z.number(),
})
export type Acknowledged = z.output<typeof Acknowledged>

export interface ReportedCheck extends Check {
  readonly since: Instant
  readonly code: string
  readonly page: string
  readonly acknowledged: Acknowledged | undefined
}

export interface HealthReport {
  readonly at: Instant
  /** Of what nobody has acknowledged. */
  readonly state: 'ok' | 'warning' | 'error'
  /** The worst first. */
  readonly checks: readonly ReportedCheck[]
}

/** Where not even an answer is bad enough. */
const vital: ReadonlySet<CheckId> = new Set(['space', 'database-latency', 'storage-latency'])

const folder = 'acknowledged/'
const goodForMs = 10_000
const probeTimeoutMs = 5_000
const longestAcknowledgementMs = 366 * dayMs

/** Everything that can be wrong with this server, looked at not more often than every ten seconds. */
export function createApplianceHealth({
  db,
  clock,
  log,
  bus,
  probes,
}: {
  db: Db
  clock: Clock
  log: Logger
  bus: EventBus
  /** By the check that says so when looking fails. */
  probes: Readonly<Partial<Record<CheckId, HealthProbe>>>
}) {
  const states = new Map<CheckId, { readonly state: CheckState; readonly since: Instant }>()
  let last: { readonly at: Instant; readonly checks: readonly Check[] } | undefined
  let looking: Promise<{ at: Instant; checks: readonly Check[] }> | undefined

  async function look() {
    const found = await Promise.all(
      healthCheckIds.map(async (id): Promise<readonly Check[]> => {
        const probe = probes[id]
        if (probe === undefined) return []
        try {
          return await inTime(probe(), probeTimeoutMs)
        } catch (error) {
          log.warn({ err: error, probe: id }, 'health not looked at')
          const state = vital.has(id) ? 'error' : 'unknown'
          return [judged({ id, unit: 'none' }, state)]
        }
      }),
    )
    const checks = found.flat()
    const at = clock.now()
    const changed = checks.filter(({ id, state }) => states.get(id)?.state !== state)
    const isFirst = last === undefined
    for (const { id, state } of changed) states.set(id, { state, since: at })
    last = { at, checks }
    if (changed.length > 0 && !isFirst) {
      const state = worstOf(checks.map((one) => one.state))
      bus.publish('health', { state, changed: changed.map(({ id }) => id) })
      for (const { id, state: now, value, limit } of changed) {
        if (now === 'warning' || now === 'error') {
          log.warn({ check: id, state: now, value, limit }, 'health check failed')
        }
      }
    }
    return last
  }

  function current() {
    if (last !== undefined && clock.now() - last.at < goodForMs && clock.now() >= last.at) {
      return Promise.resolve(last)
    }
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  async function acknowledgements(): Promise<ReadonlyMap<string, Acknowledged>> {
    const now = clock.now()
    const found = await applianceStateStore(db).listBelow(folder)
    return new Map(
      [...found].flatMap(([id, value]) => {
        const read = Acknowledged.safeParse(value)
        return read.success && read.data.until > now ? [[id, read.data] as const] : []
      }),
    )
  }

  return {
    async report(): Promise<HealthReport> {
      const { at, checks } = await current()
      const known = await acknowledgements()
      const reported = checks.map((one): ReportedCheck => ({
        ...one,
        ...checkPages[one.id],
        since: states.get(one.id)?.since ?? at,
        acknowledged: known.get(one.id),
      }))
      const pressing = reported.filter(({ acknowledged }) => acknowledged === undefined)
      return {
        at,
        state: worstOf(pressing.map(({ state }) => state)),
        checks: reported.sort(byUrgency),
      }
    },

    /** @throws Problem `request-invalid` */
    async acknowledge(
      id: CheckId,
      { note, until }: { readonly note: string; readonly until: Instant },
      by: string,
    ): Promise<Acknowledged> {
      const at = clock.now()
      if (until <= at || until > at + longestAcknowledgementMs) {
        throw new Problem('request-invalid', {
          message: 'The end has to be within the next year',
        })
      }
      const acknowledged = { note, until, by, at }
      await applianceStateStore(db).set(`${folder}${id}`, acknowledged)
      return acknowledged
    },

    withdraw: (id: CheckId) => applianceStateStore(db).delete(`${folder}${id}`),

    /** So that changes are noticed while nobody looks. */
    step: (async () => {
      await current()
      return 'idle'
    }) satisfies Step,
  }
}

async function inTime<T>(work: Promise<T>, withinMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Error('took too long'))
  }, withinMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
