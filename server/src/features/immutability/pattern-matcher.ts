import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { LRUCache } from 'lru-cache'

import type { PatternQuestion } from './pattern-worker.ts'

export type PatternMatcher = ReturnType<typeof createPatternMatcher>

/** Undefined: it took too long to tell. */
export type Verdict = boolean | undefined

const remembered = 20_000
/** A busy machine is slow too: another time there may be an answer. */
const undecidedMs = 60_000
const idleMs = 10_000
const entry = new URL('./pattern-worker.ts', import.meta.url)

/**
 * Tries patterns of people on names of tags. A pattern can be made to take for ever, so that it runs
 * on a thread that is ended when it does. The thread starts when it is needed and goes when it is not;
 * what was found is remembered, so that a tag that is pushed daily does not need it.
 */
export function createPatternMatcher({ limitMs = 1_000 }: { limitMs?: number } = {}) {
  const known = new LRUCache<string, { readonly verdict: Verdict }>({ max: remembered })
  let running: Promise<Worker> | undefined
  let idle: NodeJS.Timeout | undefined
  /** One question at a time. */
  let queue: Promise<unknown> = Promise.resolve()

  function stop(): void {
    void running?.then((worker) => worker.terminate())
    running = undefined
  }

  async function ask(question: PatternQuestion): Promise<Verdict> {
    clearTimeout(idle)
    const started = (running ??= start())
    // Without a thread nothing is decided: whoever asks must not go on as if nothing matched.
    const worker = await started.catch((error: unknown) => {
      running = undefined
      throw error
    })
    const verdict = await answerOf(worker, question, limitMs)
    if (verdict === undefined) {
      stop()
    } else {
      worker.unref()
      idle = setTimeout(stop, idleMs)
      idle.unref()
    }
    return verdict
  }

  return {
    /** Whether the whole name matches. */
    async match(pattern: string, name: string): Promise<Verdict> {
      const key = `${pattern}\0${name}`
      const found = known.get(key)
      if (found !== undefined) return found.verdict
      const asked = queue.then(() => ask({ pattern, name }))
      queue = asked.catch(() => undefined)
      const verdict = await asked
      known.set(key, { verdict }, verdict === undefined ? { ttl: undecidedMs } : {})
      return verdict
    },
  }
}

/** Resolves when it listens: how long that takes is no matter of the pattern. */
async function start(): Promise<Worker> {
  const worker = new Worker(entry, {
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 },
  })
  await once(worker, 'message')
  // What ends it later is seen by whoever waits for its answer.
  worker.on('error', () => undefined)
  return worker
}

function answerOf(worker: Worker, question: PatternQuestion, limitMs: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const finish = (verdict: Verdict) => {
      clearTimeout(limit)
      worker.off('message', finish)
      worker.off('exit', giveUp)
      resolve(verdict)
    }
    const giveUp = () => {
      finish(undefined)
    }
    const limit = setTimeout(giveUp, limitMs)
    worker.ref()
    worker.on('message', finish)
    worker.on('exit', giveUp)
    worker.postMessage(question)
  })
}
