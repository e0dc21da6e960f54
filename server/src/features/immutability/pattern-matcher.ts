import { Worker } from 'node:worker_threads'

import { LRUCache } from 'lru-cache'

import type { PatternQuestion } from './pattern-worker.ts'

export type PatternMatcher = ReturnType<typeof createPatternMatcher>

/** Undefined: it took too long to tell. */
export type Verdict = boolean | undefined

const remembered = 20_000
const idleMs = 10_000
const entry = new URL('./pattern-worker.ts', import.meta.url)

/**
 * Tries patterns of people on names of tags. A pattern can be made to take for ever, so that it runs
 * on a thread that is ended when it does. The thread starts when it is needed and goes when it is not;
 * what was found is remembered, so that a tag that is pushed daily does not need it.
 */
export function createPatternMatcher({ limitMs = 1_000 }: { limitMs?: number } = {}) {
  const known = new LRUCache<string, { readonly verdict: Verdict }>({ max: remembered })
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  /** One question at a time. */
  let queue: Promise<unknown> = Promise.resolve()

  function stop() {
    void worker?.terminate()
    worker = undefined
  }

  function ask(question: PatternQuestion): Promise<Verdict> {
    clearTimeout(idle)
    const asked = (worker ??= start())
    return new Promise((resolve) => {
      const finish = (verdict: Verdict) => {
        clearTimeout(limit)
        asked.off('message', finish)
        asked.off('exit', die)
        asked.unref()
        idle = setTimeout(stop, idleMs)
        idle.unref()
        resolve(verdict)
      }
      const die = () => {
        if (worker === asked) worker = undefined
        finish(undefined)
      }
      const limit = setTimeout(() => {
        stop()
        finish(undefined)
      }, limitMs)
      asked.ref()
      asked.on('message', finish)
      asked.on('exit', die)
      asked.postMessage(question)
    })
  }

  return {
    /** Whether the whole name matches. */
    async match(pattern: string, name: string): Promise<Verdict> {
      const key = `${pattern}\0${name}`
      const found = known.get(key)
      if (found !== undefined) return found.verdict
      const asked = queue.then(() => ask({ pattern, name }))
      queue = asked
      const verdict = await asked
      known.set(key, { verdict })
      return verdict
    },
  }
}

function start(): Worker {
  const worker = new Worker(entry, {
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 },
  })
  // What ends it is seen by whoever waits for it.
  worker.on('error', () => undefined)
  return worker
}
