import type { BandwidthConfig } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Stopwatch } from '../platform/stopwatch.ts'
import { rateAt } from './bandwidth-schedule.ts'
import { contactedHost } from './upstream-target.ts'

export type Bandwidth = ReturnType<typeof createBandwidth>

interface Waiter {
  readonly bytes: number
  readonly go: () => void
}

/** How much may be ahead of the mean rate. */
const burstSeconds = 0.25
/** How soon the beginning or end of a window is noticed. */
const lookAgainMs = 1_000

/** Holds transfers to a rate, together and for each host: who takes bytes waits until there are some. */
export function createBandwidth({
  config,
  clock,
  elapsed,
}: {
  config: BandwidthConfig
  clock: Clock
  elapsed: Stopwatch
}) {
  let limits = byContactedHost(config)
  const everybody = createBucket(() => rateAt(limits.all, clock.now()), elapsed)
  const hosts = new Map<string, ReturnType<typeof createBucket>>()

  return {
    /**
     * Undefined: they may go at once, as nearly always where nothing is limited.
     * @throws the signal's reason
     */
    take(host: string, bytes: number, signal: AbortSignal): Promise<void> | undefined {
      if (!limits.hosts.has(host)) return everybody.take(bytes, signal)
      return (async () => {
        await bucketOf(host).take(bytes, signal)
        await everybody.take(bytes, signal)
      })()
    },

    /** Also those who wait already. */
    change(to: BandwidthConfig): void {
      limits = byContactedHost(to)
      everybody.look()
      for (const bucket of hosts.values()) bucket.look()
    },
  }

  function bucketOf(host: string) {
    let bucket = hosts.get(host)
    if (bucket === undefined) {
      bucket = createBucket(() => {
        const schedule = limits.hosts.get(host)
        return schedule && rateAt(schedule, clock.now())
      }, elapsed)
      hosts.set(host, bucket)
    }
    return bucket
  }
}

/** Docker Hub is not asked where its name says. */
function byContactedHost({ all, hosts }: BandwidthConfig): BandwidthConfig {
  return { all, hosts: new Map([...hosts].map(([host, rate]) => [contactedHost(host), rate])) }
}

export type Bucket = ReturnType<typeof createBucket>

/** First come, first served. A piece may overdraw it; the next one waits for that. */
export function createBucket(rate: () => number | undefined, elapsed: Stopwatch) {
  const queue: Waiter[] = []
  let bytesLeft = 0
  let filledAt = elapsed()
  let timer: NodeJS.Timeout | undefined

  /** @returns whether a piece may go now. */
  function fill(bytesPerSecond: number | undefined): boolean {
    const now = elapsed()
    const seconds = (now - filledAt) / 1_000
    filledAt = now
    if (bytesPerSecond === undefined) {
      bytesLeft = 0
      return true
    }
    bytesLeft = Math.min(bytesLeft + seconds * bytesPerSecond, bytesPerSecond * burstSeconds)
    return bytesLeft > 0
  }

  function look(): void {
    clearTimeout(timer)
    timer = undefined
    const bytesPerSecond = rate()
    for (;;) {
      const next = queue[0]
      if (next === undefined) return
      if (!fill(bytesPerSecond)) break
      if (bytesPerSecond !== undefined) bytesLeft -= next.bytes
      queue.shift()
      next.go()
    }
    const waitMs = bytesPerSecond === undefined ? 0 : (-bytesLeft / bytesPerSecond) * 1_000 + 1
    timer = setTimeout(look, Math.min(waitMs, lookAgainMs))
  }

  return {
    look,

    /** Undefined: they may go at once. */
    take(bytes: number, signal: AbortSignal): Promise<void> | undefined {
      signal.throwIfAborted()
      const bytesPerSecond = rate()
      if (queue.length > 0 || !fill(bytesPerSecond)) return wait(bytes, signal)
      if (bytesPerSecond !== undefined) bytesLeft -= bytes
      return undefined
    },
  }

  async function wait(bytes: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const waiter: Waiter = {
      bytes,
      go: () => {
        resolve(undefined)
      },
    }
    const leave = () => {
      queue.splice(queue.indexOf(waiter), 1)
      reject(signal.reason as Error)
      if (queue.length === 0) look()
    }
    queue.push(waiter)
    signal.addEventListener('abort', leave, { once: true })
    if (timer === undefined) look()
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }
}
