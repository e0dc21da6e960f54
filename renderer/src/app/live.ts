import type { QueryClient } from '@tanstack/svelte-query'
import { readEvents, type StreamEvent } from '../api/event-stream.ts'
import type { Connection } from './connection.svelte.ts'

const retryMs = [1_000, 2_000, 5_000, 15_000, 30_000]
const hurryAfterMs = 1_000

export type LiveListener = (event: StreamEvent) => void

/** One event stream for the whole page, with the topics that its parts want at the moment. */
export function createLive({
  connection,
  queries,
}: {
  connection: Connection
  queries: QueryClient
}) {
  const wanted = new Map<string, Set<LiveListener>>()
  let running: AbortController | undefined
  let isQueued = false
  let pausing: { readonly since: number; readonly end: () => void } | undefined

  function tell(event: StreamEvent) {
    if (event.name === 'reset') void queries.invalidateQueries()
    for (const listeners of wanted.values()) for (const listener of listeners) listener(event)
  }

  async function follow(signal: AbortSignal) {
    let lastId = ''
    let failures = 0
    while (!signal.aborted) {
      const topics = encodeURIComponent([...wanted.keys()].join(','))
      try {
        lastId = await readEvents(`/api/v1/mooring/events?topics=${topics}`, {
          signal,
          lastId,
          opened: () => {
            failures = 0
            connection.live(true)
          },
          onEvent: tell,
        })
      } catch {
        failures++
      }
      connection.live(false)
      await pause(retryMs[Math.min(failures, retryMs.length - 1)] ?? 30_000, signal)
    }
  }

  function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      const end = () => {
        clearTimeout(timer)
        pausing = undefined
        resolve()
      }
      const timer = setTimeout(end, ms)
      pausing = { since: performance.now(), end }
      signal.addEventListener('abort', end, { once: true })
    })
  }

  /** Topics change together when a page does: one new stream for all of them. */
  function restart() {
    if (isQueued) return
    isQueued = true
    queueMicrotask(() => {
      isQueued = false
      running?.abort()
      running = undefined
      if (wanted.size === 0 || document.hidden) return
      running = new AbortController()
      void follow(running.signal)
    })
  }

  return {
    /** @returns how to stop listening */
    listen(topic: string, listener: LiveListener): () => void {
      const listeners = wanted.get(topic) ?? new Set()
      if (!wanted.has(topic)) {
        wanted.set(topic, listeners)
        restart()
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0 || wanted.get(topic) !== listeners) return
        wanted.delete(topic)
        restart()
      }
    },
    /** The server answers something else: the stream need not wait for its next turn. */
    hurry(): void {
      if (pausing !== undefined && performance.now() - pausing.since > hurryAfterMs) pausing.end()
    },
    /** Hidden pages pause. @returns how to stop */
    start(): () => void {
      document.addEventListener('visibilitychange', restart)
      restart()
      return () => {
        document.removeEventListener('visibilitychange', restart)
        running?.abort()
      }
    },
  }
}
