import { Problem } from '../problem.ts'

/** One operation at a time per upload; the next one is told to come back, never made to wait. */
export function uploadLocks() {
  const held = new Map<string, { stop: AbortController; done: Promise<unknown> }>()

  return {
    async hold<T>(id: string, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
      if (held.has(id)) throw new Problem('upload-busy', { upload: id })
      const stop = new AbortController()
      const running = work(stop.signal)
      held.set(id, { stop, done: running.catch(() => undefined) })
      try {
        return await running
      } finally {
        held.delete(id)
      }
    },

    /** Ends what runs on the upload and waits until it has let go. */
    async stop(id: string): Promise<void> {
      const holder = held.get(id)
      holder?.stop.abort()
      await holder?.done
    },

    async stopAll(): Promise<void> {
      for (const { stop } of held.values()) stop.abort()
      await Promise.all([...held.values()].map(({ done }) => done))
    },
  }
}
