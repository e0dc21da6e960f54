/** Something that happened, told to whoever listens in this process. */
export interface BusEvent {
  /** Counts up from 1 with each event of this process. */
  readonly seq: number
  readonly topic: string
  readonly data: Readonly<Record<string, unknown>>
}

export type EventBus = ReturnType<typeof createEventBus>

const eventsKept = 1_000

/**
 * What happens in this process, for the streams that interfaces hold open. It is a hint to look again
 * and no record: it is published beside a change, is lost with the process, and with several instances
 * on one database each tells only what it does itself. Interfaces therefore also look again by
 * themselves now and then.
 */
export function createEventBus({ kept = eventsKept }: { readonly kept?: number } = {}) {
  const events: BusEvent[] = []
  const listeners = new Set<(event: BusEvent) => void>()
  const closing = new AbortController()
  let seq = 0

  return {
    publish(topic: string, data: Readonly<Record<string, unknown>>): void {
      const event = { seq: ++seq, topic, data }
      events.push(event)
      if (events.length > kept) events.shift()
      for (const tell of listeners) tell(event)
    },

    /** What came after an event, the oldest first; undefined when some of it is forgotten. */
    after(seen: number): readonly BusEvent[] | undefined {
      if (seen > seq || seen < seq - events.length) return undefined
      return events.slice(events.length - (seq - seen))
    },

    lastSeq: (): number => seq,

    /** Told of each event right away; what it does has to be short. @returns what ends that. */
    subscribe(listener: (event: BusEvent) => void): () => void {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },

    /** Aborted when the server is about to stop: streams end then. */
    closing: closing.signal,

    close(): void {
      closing.abort()
    },
  }
}
