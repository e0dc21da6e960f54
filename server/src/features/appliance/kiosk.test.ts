import { expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { createLoginThrottle } from '../accounts/login-throttle.ts'
import { createPasswords } from '../accounts/password.ts'
import { createAuditLog, system } from '../audit/audit-log.ts'
import { logKindName } from '../audit/log-kinds.ts'
import { createKioskService } from './kiosk-service.ts'

const address = '192.0.2.7'

describeDatabases('the PIN of a kiosk', (open) => {
  test('is kept as a digest, and its changes are in the log without it', async () => {
    const { db } = await open()
    let now = 1_800_000_000_000
    const clock = { now: () => now }
    const config = {
      registryState: 'normal' as const,
      audit: {
        ...{ logins: false, loginFailures: false, pushFailures: false, pullFailures: false },
        ...{ deleteFailures: false, disabledNamespaces: [], pullsDisabledNamespaces: [] },
      },
    }
    const kiosk = createKioskService({
      db,
      audit: createAuditLog({ db, clock, logger: createLogger('silent'), config }),
      passwords: createPasswords({ clock, random: systemRandom }),
      throttle: createLoginThrottle({ clock }),
    })
    await kiosk.unlock('anything', address)
    await kiosk.set('74185296', system)
    expect(await kiosk.isSet()).toBe(true)
    await kiosk.unlock('74185296', address)
    await expect(kiosk.unlock('0000', address)).rejects.toMatchObject({ code: 'access-denied' })
    await expect(kiosk.unlock('74185296', address)).rejects.toMatchObject({
      code: 'login-throttled',
    })
    now += 60_000
    await kiosk.unlock('74185296', address)
    await kiosk.remove(system)
    await kiosk.remove(system)
    expect(await kiosk.isSet()).toBe(false)

    const rows = await db.selectFrom('logentry3').selectAll().orderBy('id').execute()
    expect(rows.map((row) => [logKindName(row.kind_id), row.metadata_json])).toEqual([
      ['kiosk_pin_changed', '{}'],
      ['kiosk_pin_removed', '{}'],
    ])
  })
})
