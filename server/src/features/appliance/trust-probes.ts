import type { Clock, Instant } from '../../platform/clock.ts'
import { dayMs } from './growth.ts'
import { judged, shouldBeHigh, shouldBeLow } from './health-checks.ts'
import type { HealthProbe } from './health-probes.ts'

const warningDays = 30
const errorDays = 7
/** A renewal is tried every hour, so this late it does not work. */
const lateMs = dayMs
const refusingAllowed = 5
const failuresAllowed = 50

/** How long the certificates still last. */
export function certificateProbe(
  secondsLeft: () => readonly { readonly role: string; readonly seconds: number }[],
): HealthProbe {
  return () =>
    Promise.resolve(
      secondsLeft().map(({ role, seconds }) =>
        shouldBeHigh(
          {
            id: role === 'authority' ? 'certificate-authority' : 'certificate-server',
            unit: 'days',
          },
          Math.floor((seconds * 1000) / dayMs),
          warningDays,
          errorDays,
        ),
      ),
    )
}

export interface RenewalFacts {
  /** Null: it is not renewed by itself. */
  readonly renewsAt: Instant | null
  readonly failure: string | undefined
}

export function renewalProbe(
  { clock }: { clock: Clock },
  read: () => Promise<RenewalFacts | undefined>,
): HealthProbe {
  const scale = { id: 'renewal', unit: 'days' } as const
  return async () => {
    const facts = await read()
    if (facts === undefined) return []
    const { renewsAt, failure } = facts
    const parameters = { failure: failure ?? '' }
    if (renewsAt === null) {
      return [judged({ ...scale, parameters }, failure === undefined ? 'ok' : 'warning')]
    }
    const days = Math.floor((renewsAt - clock.now()) / dayMs)
    const isLate = clock.now() > renewsAt + lateMs
    const state = isLate ? 'error' : failure === undefined ? 'ok' : 'warning'
    return [judged({ ...scale, parameters }, state, days)]
  }
}

/** Machines that still need the authority. */
export function handshakeProbe(failing: () => number): HealthProbe {
  return () =>
    Promise.resolve([
      shouldBeLow({ id: 'handshake-failures', unit: 'count' }, failing(), refusingAllowed),
    ])
}

/** Wrong passwords within a quarter of an hour. */
export function signInProbe(failures: () => number): HealthProbe {
  return () =>
    Promise.resolve([
      shouldBeLow({ id: 'sign-in-failures', unit: 'count' }, failures(), failuresAllowed),
    ])
}

export interface BackupFacts {
  readonly overdue: boolean
  readonly lastSuccessAt: Instant | null
  readonly everyMs: number
  readonly failure: string | null
}

export function backupProbe(
  { clock }: { clock: Clock },
  read: () => Promise<BackupFacts | undefined>,
): HealthProbe {
  const scale = { id: 'backups', unit: 'seconds' } as const
  return async () => {
    const facts = await read()
    // Without a target nothing is promised; the checklist of the first week asks for one.
    if (facts === undefined) return [judged(scale, 'unknown')]
    const { overdue, lastSuccessAt, everyMs, failure } = facts
    const ageSeconds =
      lastSuccessAt === null ? null : Math.max(0, Math.floor((clock.now() - lastSuccessAt) / 1000))
    const parameters = { every_seconds: everyMs / 1000, failure: failure ?? '' }
    const state = overdue ? 'error' : failure === null ? 'ok' : 'warning'
    return [judged({ ...scale, parameters }, state, ageSeconds)]
  }
}
