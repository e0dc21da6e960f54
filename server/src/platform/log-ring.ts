import type { DestinationStream } from 'pino'

/** One line of the log as it was written: JSON, secrets already masked. */
export interface KeptLine {
  /** Counts up from 1 with each line of this process. */
  readonly seq: number
  readonly text: string
}

export type LogRing = ReturnType<typeof createLogRing>

const mostLines = 5_000
const mostCharacters = 8 * 1024 * 1024

/** The latest lines of the log, in bounded memory, for whoever looks at them while the server runs. */
export function createLogRing({
  lines: lineLimit = mostLines,
  characters: characterLimit = mostCharacters,
}: { readonly lines?: number; readonly characters?: number } = {}) {
  const kept: KeptLine[] = []
  const listeners = new Set<(line: KeptLine) => void>()
  /** Lines in front of this one were dropped; cut off now and then, because that moves the rest. */
  let first = 0
  let characters = 0
  let seq = 0

  function dropOldest(): void {
    characters -= kept[first]?.text.length ?? 0
    first++
    if (first < lineLimit) return
    kept.splice(0, first)
    first = 0
  }

  function add(text: string): void {
    const line = { seq: ++seq, text: text.trimEnd() }
    kept.push(line)
    characters += line.text.length
    while (kept.length - first > lineLimit || (characters > characterLimit && kept.length > first))
      dropOldest()
    for (const tell of listeners) tell(line)
  }

  return {
    /** Everything that is written to `next` from now on is kept as well. */
    tap: (next: DestinationStream & { flush?: (done?: () => void) => void }) => ({
      write(text: string) {
        add(text)
        next.write(text)
      },
      flush(done?: () => void) {
        if (next.flush !== undefined) next.flush(done)
        else done?.()
      },
    }),

    /** Lines older than `before`, the newest first. */
    *newestFirst(before = Infinity): Generator<KeptLine> {
      const newest = kept.length - 1
      const start = Math.min(newest, newest - Math.max(0, seq - before + 1))
      for (let at = start; at >= first; at--) {
        const line = kept[at]
        if (line !== undefined) yield line
      }
    },

    /** Lines that came after `seq`, the oldest first. */
    *after(seen: number): Generator<KeptLine> {
      const start = Math.max(first, kept.length - Math.max(0, seq - seen))
      for (let at = start; at < kept.length; at++) {
        const line = kept[at]
        if (line !== undefined) yield line
      }
    },

    /** Of the newest line. */
    lastSeq: (): number => seq,

    /** Told of each line right away; what it does has to be short. @returns what ends that. */
    subscribe(listener: (line: KeptLine) => void): () => void {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
