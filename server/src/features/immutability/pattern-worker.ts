import { parentPort } from 'node:worker_threads'

import { compileTagPattern } from './tag-pattern.ts'

/** Whether the whole name matches the pattern. */
export interface PatternQuestion {
  readonly pattern: string
  readonly name: string
}

const port = parentPort
if (!port) throw new Error('a pattern worker runs as a worker thread')

/** Names come in long lists for one pattern. */
let last: { readonly pattern: string; readonly matcher: RegExp } | undefined

port.on('message', ({ pattern, name }: PatternQuestion) => {
  port.postMessage(answer(pattern, name))
})

port.postMessage('ready')

function answer(pattern: string, name: string): boolean {
  try {
    if (last?.pattern !== pattern) last = { pattern, matcher: compileTagPattern(pattern) }
    return last.matcher.test(name)
  } catch {
    // Too large to be compiled, which shows only now.
    return false
  }
}
