import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Instant } from '../platform/clock.ts'
import type { RunCommand } from './command.ts'
import type { HostRoot } from './host-files.ts'
import { doubtful, fine, probing, wrong, type Probe, type ProbeContext } from './probe.ts'

const longestUseMs = 15 * 365.25 * 86_400_000

/** A wrong clock makes every certificate invalid, so it stops a setup. */
export function probeClock(
  {
    run,
    root,
    zone,
    releasedAt,
  }: {
    run: RunCommand
    root: HostRoot
    zone: string
    /** No clock can rightly show an earlier time. */
    releasedAt: Instant
  },
  context: ProbeContext,
): Probe {
  const { clock, signal } = context
  return probing(context, 'clock', 'Looking at the clock', async () => {
    const at = clock.now()
    const now = new Date(at).toISOString()
    if (at < releasedAt) return wrong('MOOR-SYS-001', { now })
    if (at > releasedAt + longestUseMs) return wrong('MOOR-SYS-002', { now })
    const synchronised = await isSynchronised(run, root, signal)
    if (synchronised === false) return doubtful('MOOR-SYS-003', { now, zone })
    const kept = synchronised === true ? 'kept right by time synchronisation' : 'set'
    return fine(`The clock is ${kept}: ${now}, zone ${zone}`, {
      ...{ now, zone },
      ...(synchronised !== undefined && { synchronised }),
    })
  })
}

/** Undefined where nobody can tell, as in most containers. */
async function isSynchronised(
  run: RunCommand,
  root: HostRoot,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (existsSync(path.join(root, 'run/systemd/timesync/synchronized'))) return true
  const shown = await run('timedatectl', ['show', '--property=NTPSynchronized'], signal)
  const answer = /^NTPSynchronized=(yes|no)$/m.exec(shown ?? '')?.[1]
  if (answer !== undefined) return answer === 'yes'
  const tracking = await run('chronyc', ['-n', 'tracking'], signal)
  const leap = /^Leap status\s*:\s*(.+)$/m.exec(tracking ?? '')?.[1]
  return leap === undefined ? undefined : leap !== 'Not synchronised'
}
