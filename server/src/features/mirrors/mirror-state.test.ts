import { expect, it } from 'vitest'

import { stateOfMirror, wouldRun } from './mirror-state.ts'
import { syncStatus } from './mirror-status.ts'

const now = 1_000
const idle = {
  ...{ status: syncStatus.success, is_enabled: 1, last_run_id: 1, start_at: 2_000, retries: 3 },
  state: 'MIRROR' as const,
}

it.each([
  ['runs', { status: syncStatus.syncing }, true],
  ['was asked for', { status: syncStatus.requested, is_enabled: 0 }, true],
  ['is due', { start_at: 900 }, true],
  ['is not due yet', {}, false],
  ['is paused', { start_at: 900, is_enabled: 0 }, false],
  ['was cancelled', { status: syncStatus.cancelled, start_at: null, retries: 0 }, false],
  ['belongs to a repository in another state', { start_at: 900, state: 'NORMAL' as const }, false],
])(
  'of a site that is disconnected, a mirror that %s waits for that: %o',
  (_what, change, waits) => {
    const mirror = { ...idle, ...change }
    expect(wouldRun(mirror, now)).toBe(waits)
    const state = stateOfMirror(mirror, undefined, undefined, waits)
    expect(state === 'waiting').toBe(waits)
  },
)
