import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Stopwatch } from '../../platform/stopwatch.ts'
import { isProblem } from '../../problem.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import type { Bell } from './bell-service.ts'
import { deliveryStore, type DeliveryRow } from './delivery-store.ts'
import { parseAttempts, parseData, type Attempt } from './delivery-record.ts'
import { isWanted, type MatchPattern } from './event-config.ts'
import { parseDestination, type Destination, type Target } from './method-config.ts'
import {
  disabledFrom,
  repoNotificationStore,
  type RepoNotificationRow,
} from './repo-notification-store.ts'
import { failed, sent, type AttemptResult, type SendNotification } from './send-notification.ts'
import type { WebhookAddresses } from './webhook-address.ts'

const retryAfterMs = 30_000
const finishedKept = 20
/** Longer than an attempt takes, whatever the method. */
const leaseBeyondTimeoutMs = 60_000

/** Sends what is due, or ends it. Throws only what nobody expects. */
export type Deliver = (row: DeliveryRow, stopping: AbortSignal) => Promise<void>

/** What there is to know before something is sent. */
interface Scene {
  readonly notification: RepoNotificationRow
  readonly namespace: AccountRow
}

/**
 * Sends what was queued. A delivery belongs to whoever claimed it until the lease is over, so that of
 * several servers one sends it; what a crash cut off is sent once more.
 */
export function createDeliver({
  db,
  clock,
  log,
  elapsed,
  secretBox,
  send,
  bell,
  addresses,
  match,
  timeoutMs,
  asked,
}: {
  db: Db
  clock: Clock
  log: Logger
  elapsed: () => Stopwatch
  secretBox: Pick<SecretBox, 'open'>
  send: SendNotification
  bell: Bell
  addresses: WebhookAddresses
  match: MatchPattern
  timeoutMs: number
  /** Told whether a delivery was ours, each time that it was asked for. */
  asked: (isOurs: boolean) => void
}): Deliver {
  const leaseMs = timeoutMs + leaseBeyondTimeoutMs

  async function sceneOf(notificationId: number): Promise<Scene | undefined> {
    const notification = await repoNotificationStore(db).findById(notificationId)
    if (notification === undefined) return undefined
    const [repository] = await repositoryStore(db).listByIds([notification.repository_id])
    const namespace = repository && (await accountStore(db).findById(repository.namespace_user_id))
    return namespace && { notification, namespace }
  }

  async function close(row: DeliveryRow, state: 'filtered' | 'skipped' | 'failed') {
    if (row.next_attempt_at === null) return
    const claim = { id: row.id, until: row.next_attempt_at }
    await db.transaction().execute(async (tx) => {
      const change = { state, next_attempt_at: null } as const
      if (await deliveryStore(tx).settle(claim, change)) {
        await deliveryStore(tx).trim(row.notification_id, finishedKept)
      }
    })
  }

  async function deliver(row: DeliveryRow, stopping: AbortSignal): Promise<void> {
    if (row.attempts_left <= 0) return close(row, 'failed')
    const scene = await sceneOf(row.notification_id)
    if (scene === undefined) return close(row, 'skipped')
    const { notification } = scene
    if (notification.number_of_failures >= disabledFrom) return close(row, 'skipped')
    const data = parseData(row.event_json)
    const { event } = notification
    const eventConfig = parseData(notification.event_config_json)
    if (row.is_test === 0 && !(await isWanted(event, eventConfig, data, match))) {
      return close(row, 'filtered')
    }
    const until = clock.now() + leaseMs
    const isOurs = await deliveryStore(db).claim(row, until)
    asked(isOurs)
    if (!isOurs) return
    const destination = destinationOf(notification)
    const at = clock.now()
    const watch = elapsed()
    if ('code' in destination)
      return finish(row, until, scene, { at, durationMs: 0, ...destination })
    if (destination.method === 'quay_notification') {
      return ring(row, until, scene, destination.target)
    }
    try {
      const told = { event, data, performer: row.performer }
      const result = await send(destination, told, stopping)
      const durationMs = Math.round(watch())
      await finish(row, until, scene, { at, durationMs, ...result })
    } catch (error) {
      if (!stopping.aborted) throw error
      const { attempts_left } = row
      const change = { attempts_left, next_attempt_at: clock.now() }
      await deliveryStore(db).settle({ id: row.id, until }, change)
    }
  }

  function destinationOf(notification: RepoNotificationRow): Destination | AttemptResult {
    let config: ReturnType<typeof parseData>
    try {
      config = parseData(secretBox.open(notification.config_encrypted))
    } catch {
      return failed('unreadable', 'Its configuration cannot be read any more; create it again')
    }
    try {
      return parseDestination(notification.method, config, addresses)
    } catch (error) {
      if (!isProblem(error)) throw error
      return failed('refused', 'Its address is not allowed any more')
    }
  }

  /** People are told and the delivery is over, or neither. */
  async function ring(row: DeliveryRow, until: number, scene: Scene, target: Target) {
    const { notification, namespace } = scene
    const told = { event: notification.event, data: parseData(row.event_json) }
    const isDone = await db
      .transaction()
      .execute(async (tx) => {
        const attempt = { at: clock.now(), durationMs: 0, ...sent }
        if (!(await settleIn(tx, row, until, notification, attempt))) return true
        return (await bell.ring(tx, namespace, target, told)) > 0
          ? true
          : Promise.reject(new NobodyToTell())
      })
      .catch((error: unknown) => {
        if (error instanceof NobodyToTell) return false
        throw error
      })
    if (isDone) return
    const result = failed('target_gone', 'There is nobody of that name to tell any more')
    await finish(row, until, scene, { at: clock.now(), durationMs: 0, ...result })
  }

  async function finish(
    row: DeliveryRow,
    until: number,
    { notification }: Scene,
    attempt: Attempt,
  ): Promise<void> {
    const { uuid, method } = notification
    await db.transaction().execute((tx) => settleIn(tx, row, until, notification, attempt))
    if (attempt.code === null) return
    const { code, status } = attempt
    log.warn({ notification: uuid, method, code, status }, 'notification not delivered')
  }

  /** @returns whether it was still ours. */
  async function settleIn(
    tx: Db,
    row: DeliveryRow,
    until: number,
    { id, uuid }: RepoNotificationRow,
    attempt: Attempt,
  ): Promise<boolean> {
    const notifications = repoNotificationStore(tx)
    const claim = { id: row.id, until }
    const attempts_json = JSON.stringify([...parseAttempts(row.attempts_json), attempt])
    const isSent = attempt.code === null
    if (!isSent && row.attempts_left > 1) {
      const next_attempt_at = clock.now() + retryAfterMs
      if (!(await deliveryStore(tx).settle(claim, { attempts_json, next_attempt_at }))) return false
      if ((await notifications.addFailure(id)) < disabledFrom) return true
      log.warn({ notification: uuid }, 'notification disabled: it failed too often')
      const over = { state: 'failed', next_attempt_at: null } as const
      await deliveryStore(tx).settle({ id: row.id, until: next_attempt_at }, over)
    } else {
      const state = isSent ? 'delivered' : 'failed'
      const change = { state, attempts_json, next_attempt_at: null } as const
      if (!(await deliveryStore(tx).settle(claim, change))) return false
      if (isSent) await notifications.clearFailures(id)
      else await notifications.addFailure(id)
    }
    await deliveryStore(tx).trim(id, finishedKept)
    return true
  }

  return deliver
}

class NobodyToTell extends Error {
  override readonly name = 'NobodyToTell'
}
