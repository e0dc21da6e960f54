import { LRUCache } from 'lru-cache'

import type { Clock } from '../../platform/clock.ts'
import type { UpstreamEvent } from '../../upstream/upstream.ts'
import { logLevels, type MirrorLogLevel, type NewMirrorLogRow } from './mirror-log-store.ts'
import type { MirrorTagRow } from './mirror-run-store.ts'

export type RunLines = ReturnType<typeof createRunLines>

const linesAtMost = 5_000
const longestLine = 1_000
/** What many ask at once is answered to many at once. */
const saidAgainAfterMs = 10_000

/** What a run tells line by line, until somebody keeps it. */
export function createRunLines({
  clock,
  mirrorId,
  runId,
}: {
  clock: Clock
  mirrorId: number
  runId: number
}) {
  const said = new LRUCache<string, number>({ max: 200 })
  let lines: NewMirrorLogRow[] = []
  let count = 0

  function say(level: MirrorLogLevel, message: string): void {
    const at = clock.now()
    if (count > linesAtMost || (said.get(message) ?? -Infinity) > at - saidAgainAfterMs) return
    said.set(message, at)
    const isLast = ++count > linesAtMost
    lines.push({
      ...{ mirror_id: mirrorId, run_id: runId, at, level: logLevels.indexOf(level) },
      message: isLast ? 'Further lines of this run are not kept' : cut(message),
    })
  }

  return {
    say,

    event(event: UpstreamEvent): void {
      const { host } = event
      switch (event.kind) {
        case 'rate-limited':
          say('warning', `${host} wants to be left alone for ${seconds(event.waitMs)} s`)
          break
        case 'retry':
          say('warning', `${host} is asked once more: ${event.reason}`)
          break
        case 'resumed':
          say('info', `A layer from ${host} goes on at byte ${String(event.from)}`)
          break
        case 'skipped':
        case 'allowance':
        case 'bytes':
          break
      }
    },

    tag({ name, state, digest, bytes, code, message }: MirrorTagRow): void {
      switch (state) {
        case 'new':
        case 'updated':
          say('info', `${name}: ${state}, ${digest ?? ''}, ${String(bytes)} bytes`)
          break
        case 'unchanged':
          say('debug', `${name}: unchanged`)
          break
        case 'running':
          say('debug', `${name}: begun`)
          break
        case 'failed':
          say('error', `${name}: ${message ?? ''} (${code ?? 'unknown_error'})`)
          break
        case 'cancelled':
          say('warning', `${name}: cancelled`)
          break
        case 'waiting':
          break
      }
    },

    /** Those that nobody has kept yet. */
    take(): readonly NewMirrorLogRow[] {
      const taken = lines
      lines = []
      return taken
    },

    /** They could not be kept, and come before the others. */
    giveBack(taken: readonly NewMirrorLogRow[]): void {
      lines = [...taken, ...lines]
    },
  }
}

const seconds = (ms: number) => String(Math.ceil(ms / 1_000))
const cut = (text: string) =>
  text.length > longestLine ? `${text.slice(0, longestLine - 1)}…` : text
