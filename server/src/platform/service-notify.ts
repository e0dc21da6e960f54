import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Logger } from './logger.ts'

/** What systemd is told about this process: sd_notify(3). */
export interface ServiceNotify {
  /** The service answers its clients. */
  ready(status: string): Promise<void>
  stopping(): Promise<void>
  /** Says that the process is alive for as long as `answers` says so, as often as the unit asks. */
  watch(answers: () => Promise<boolean>): void
  /** Ends the watch. */
  close(): void
}

/** Hands over assignments such as `READY=1`. */
export type Notify = (assignments: readonly string[]) => Promise<void>

const run = promisify(execFile)
const sendTimeoutMs = 10_000

/**
 * Node has no datagram sockets of this family, so systemd's own program sends; a unit therefore
 * needs NotifyAccess=all.
 */
export const notifySystemd: Notify = async (assignments) => {
  await run('systemd-notify', assignments, { timeout: sendTimeoutMs })
}

export function createServiceNotify({
  env,
  pid,
  log,
  notify = notifySystemd,
}: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  readonly log: Logger
  readonly notify?: Notify
}): ServiceNotify {
  const isAsked = (env['NOTIFY_SOCKET'] ?? '') !== ''
  const everyMs = isAsked ? beatMs(env, pid) : undefined
  let timer: NodeJS.Timeout | undefined
  let isBeating = false

  async function send(...assignments: readonly string[]): Promise<void> {
    if (!isAsked) return
    try {
      await notify(assignments)
    } catch (error) {
      log.warn({ err: error, assignments }, 'service manager not notified')
    }
  }

  async function beat(answers: () => Promise<boolean>, withinMs: number): Promise<void> {
    // A check that never comes back must not pile up; the missing beats tell systemd.
    if (isBeating) return
    isBeating = true
    try {
      if (await inTime(answers(), withinMs)) await send('WATCHDOG=1')
      else log.error('watchdog not fed: the server does not answer')
    } catch (error) {
      log.error({ err: error }, 'watchdog not fed: the server does not answer')
    } finally {
      isBeating = false
    }
  }

  return {
    ready: (status) => send('READY=1', `STATUS=${status}`),
    async stopping() {
      clearInterval(timer)
      await send('STOPPING=1', 'STATUS=Finishing requests under way')
    },
    watch(answers) {
      if (everyMs === undefined) return
      clearInterval(timer)
      timer = setInterval(() => void beat(answers, everyMs), everyMs)
      timer.unref()
    },
    close() {
      clearInterval(timer)
    },
  }
}

/** A third of the unit's WatchdogSec=, so that one late beat costs nothing. */
function beatMs(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  const watched = env['WATCHDOG_PID'] ?? ''
  const periodMs = Number(env['WATCHDOG_USEC'] ?? '') / 1000
  if (!(periodMs > 0) || (watched !== '' && watched !== String(pid))) return undefined
  return Math.max(1, Math.floor(periodMs / 3))
}

async function inTime(answer: Promise<boolean>, withinMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, withinMs, false)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
