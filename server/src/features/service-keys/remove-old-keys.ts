import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import { approvalPath } from './service-key-service.ts'
import { serviceKeyStore } from './service-key-store.ts'

const batchSize = 100

/** Removes keys that nobody approved in time, and those that expired long ago. */
export const removeOldKeys =
  ({
    db,
    clock,
    notifications,
    config,
  }: {
    db: Db
    clock: Clock
    notifications: NotificationService
    config: Pick<Config, 'serviceKeys' | 'registryState'>
  }): Step =>
  async () => {
    if (config.registryState === 'readonly') return 'idle'
    const { unapprovedTtlMs, expiredTtlMs } = config.serviceKeys
    const now = clock.now()
    const over = await serviceKeyStore(db).listOver(
      now - unapprovedTtlMs,
      now - expiredTtlMs,
      batchSize,
    )
    if (over.length === 0) return 'idle'
    await db.transaction().execute(async (tx) => {
      for (const { id, kid } of over) {
        await serviceKeyStore(tx).delete(id)
        await notifications.withdraw(tx, approvalPath(kid))
      }
    })
    return over.length === batchSize ? 'more' : 'idle'
  }
