import { expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { systemRandom } from '../../platform/random.ts'
import { createNotificationService } from '../notifications/notification-service.ts'
import { removeOldKeys } from './remove-old-keys.ts'
import { serviceKeyStore } from './service-key-store.ts'

const day = 24 * 3_600_000
const now = 1_800_000_000_000

describeDatabases('the keys of services', (open) => {
  it('go when nobody approved them in time, or some days after they expired', async () => {
    const { db } = await open()
    const clock = { now: () => now }
    const key = (kid: string, age: number, approved: boolean, expiredFor?: number) =>
      serviceKeyStore(db).insert({
        ...{ kid, service: 'scanner', jwk_json: '{}', created_at: now - age },
        expires_at: expiredFor === undefined ? null : now - expiredFor,
        ...{ rotation_duration_s: null, approver_id: null, approval_type: null },
        approved_at: approved ? now - age : null,
      })
    await key('waits', day - 1, false)
    await key('forgotten', day + 1, false)
    await key('in use', 100 * day, true)
    await key('expired', 100 * day, true, 7 * day - 1)
    await key('long expired', 100 * day, true, 7 * day + 1)
    const notifications = createNotificationService({ db, clock, random: systemRandom })
    const step = (registryState: 'normal' | 'readonly') =>
      removeOldKeys({
        ...{ db, clock, notifications },
        config: {
          registryState,
          serviceKeys: { unapprovedTtlMs: day, expiredTtlMs: 7 * day },
        },
      })()
    const left = async () => (await serviceKeyStore(db).list()).map(({ kid }) => kid)
    await step('readonly')
    expect(await left()).toHaveLength(5)
    expect(await step('normal')).toBe('idle')
    expect(await left()).toEqual(['waits', 'in use', 'expired'])
  })
})
