import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { LoginThrottle } from '../accounts/login-throttle.ts'
import type { Passwords } from '../accounts/password.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { applianceStateStore } from './appliance-state-store.ts'

export type KioskService = ReturnType<typeof createKioskService>

const Kept = z.object({ digest: z.string() })
const name = 'kiosk-pin'
/** Among the accounts that are slowed down; no name of an account has a space. */
const throttled = 'kiosk pin'

/**
 * The PIN of the screen at the box. It keeps passers-by from changing something there; what somebody
 * may do at all is a matter of the account that is signed in.
 */
export function createKioskService({
  db,
  audit,
  passwords,
  throttle,
}: {
  db: Db
  audit: Pick<AuditLog, 'recordIn'>
  passwords: Pick<Passwords, 'hash' | 'verify'>
  throttle: Pick<LoginThrottle, 'check' | 'failed' | 'succeeded'>
}) {
  async function find(): Promise<string | undefined> {
    return Kept.safeParse(await applianceStateStore(db).find(name)).data?.digest
  }

  return {
    isSet: async (): Promise<boolean> => (await find()) !== undefined,

    async set(pin: string, actor: Actor): Promise<void> {
      const digest = await passwords.hash(pin)
      await db.transaction().execute(async (tx) => {
        await applianceStateStore(tx).set(name, { digest } satisfies z.output<typeof Kept>)
        const entry = { account: null, actor, metadata: {} }
        await audit.recordIn(tx, { kind: 'kiosk_pin_changed', ...entry })
      })
    },

    async remove(actor: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const states = applianceStateStore(tx)
        if ((await states.find(name)) === undefined) return
        await states.delete(name)
        const entry = { account: null, actor, metadata: {} }
        await audit.recordIn(tx, { kind: 'kiosk_pin_removed', ...entry })
      })
    },

    /** @throws Problem `login-throttled`, `access-denied` */
    async unlock(pin: string, address: string): Promise<void> {
      const digest = await find()
      if (digest === undefined) return
      throttle.check(throttled, address)
      if (await passwords.verify({ username: throttled, password_hash: digest }, pin)) {
        throttle.succeeded(throttled, address)
        return
      }
      throttle.failed(throttled, address)
      throw new Problem('access-denied', { message: 'This is not the PIN' })
    },
  }
}
