import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import type { Bell } from './bell-service.ts'
import { parseAttempts, parseData, type Attempt } from './delivery-record.ts'
import { deliveryStore, type DeliveryRow } from './delivery-store.ts'
import { parseEventConfig } from './event-config.ts'
import { parseDestination } from './method-config.ts'
import { repoEmailStore } from './repo-email-store.ts'
import type { EventData, NotificationMethod, RepoEvent } from './repo-event.ts'
import type { RepoEvents } from './repo-events-service.ts'
import {
  disabledFrom,
  mostPerRepository,
  repoNotificationStore,
  type RepoNotificationRow,
} from './repo-notification-store.ts'
import { sampleOf } from './sample-data.ts'
import type { WebhookAddresses } from './webhook-address.ts'

export type RepoNotificationService = ReturnType<typeof createRepoNotifications>

export interface RepoNotification {
  readonly uuid: string
  readonly title: string | null
  readonly event: RepoEvent
  readonly method: NotificationMethod
  readonly config: EventData
  readonly eventConfig: EventData
  readonly failures: number
}

export interface Delivery extends DeliveryRow {
  readonly attempts: readonly Attempt[]
  readonly event: RepoEvent
}

export interface NewRepoNotification {
  readonly event: RepoEvent
  readonly method: NotificationMethod
  readonly config: EventData
  readonly eventConfig: EventData
  readonly title: string | null
}

/** A repository, and who does something about it. */
export interface Place {
  readonly repository: RepositoryRow
  readonly namespace: AccountRow
}

const listedDeliveries = 40
const notAuthorized =
  'The specified e-mail address is not authorized to receive notifications for this repository'

const refuse = (message: string) => new Problem('request-invalid', { message })

/** Who is told about what in a repository (api-shapes, 15.1). */
export function createRepoNotifications({
  db,
  clock,
  random,
  secretBox,
  audit,
  bell,
  events,
  addresses,
}: {
  db: Db
  clock: Clock
  random: Random
  secretBox: SecretBox
  audit: Pick<AuditLog, 'recordIn'>
  bell: Bell
  events: RepoEvents
  addresses: WebhookAddresses
}) {
  const present = (row: RepoNotificationRow): RepoNotification => ({
    ...{ uuid: row.uuid, title: row.title, event: row.event, method: row.method },
    config: openConfig(row.config_encrypted),
    eventConfig: parseData(row.event_config_json),
    failures: row.number_of_failures,
  })

  /** Sealed under another key it is as good as gone. */
  function openConfig(sealed: string): EventData {
    try {
      return parseData(secretBox.open(sealed))
    } catch {
      return {}
    }
  }

  async function requireValid({ repository, namespace }: Place, wish: NewRepoNotification) {
    const destination = parseDestination(wish.method, wish.config, addresses)
    if (destination.method === 'quay_notification') {
      const complaint = await bell.complaint(db, namespace, destination.target)
      if (complaint !== undefined) throw refuse(complaint)
    }
    if (destination.method === 'email') {
      const known = await repoEmailStore(db).find(repository.id, destination.email)
      if (known?.confirmed !== 1) throw refuse(notAuthorized)
    }
    return parseEventConfig(wish.event, wish.eventConfig)
  }

  const record = (
    tx: Db,
    kind: 'add_repo_notification' | 'delete_repo_notification' | 'reset_repo_notification',
    { repository }: Place,
    actor: Actor,
    { uuid, event, method }: RepoNotificationRow,
  ) => {
    const { repositoryId, account, about } = subjectOf(repository)
    const metadata = { ...about, notification_id: uuid, event, method }
    return audit.recordIn(tx, { kind, account, actor, repositoryId, metadata })
  }

  /** @throws Problem `request-invalid`, not `not-found`, as Quay does */
  async function require(tx: Db, { repository }: Place, uuid: string) {
    const row = await repoNotificationStore(tx).find(repository.id, uuid)
    if (row !== undefined) return row
    const { namespace, repo } = subjectOf(repository).about
    const what = [namespace, repo, uuid.slice(0, 255)].join(', ')
    throw refuse(`No repository notification found for: ${what}`)
  }

  /** @throws Problem `not-found` */
  async function get(tx: Db, { repository }: Pick<Place, 'repository'>, uuid: string) {
    const row = await repoNotificationStore(tx).find(repository.id, uuid)
    if (row === undefined) throw new Problem('not-found')
    return row
  }

  const withAttempts = (event: RepoEvent) => (row: DeliveryRow) => ({
    ...{ ...row, event },
    attempts: parseAttempts(row.attempts_json),
  })

  return {
    list: async ({ repository }: Pick<Place, 'repository'>): Promise<RepoNotification[]> =>
      (await repoNotificationStore(db).list(repository.id)).map(present),

    /** @throws Problem `not-found` */
    get: async (place: Pick<Place, 'repository'>, uuid: string): Promise<RepoNotification> =>
      present(await get(db, place, uuid)),

    /** @throws Problem `request-invalid` */
    async create(place: Place, actor: Actor, wish: NewRepoNotification): Promise<RepoNotification> {
      const eventConfig = await requireValid(place, wish)
      const sealed = secretBox.seal(JSON.stringify(wish.config))
      return db.transaction().execute(async (tx) => {
        const store = repoNotificationStore(tx)
        if ((await store.count(place.repository.id)) >= mostPerRepository) {
          throw refuse(`A repository has at most ${String(mostPerRepository)} notifications`)
        }
        const row = await store.insert({
          ...{ uuid: random.uuid(), repository_id: place.repository.id },
          ...{ event: wish.event, method: wish.method, title: wish.title },
          ...{ config_encrypted: sealed, event_config_json: JSON.stringify(eventConfig) },
          created_at: clock.now(),
        })
        await record(tx, 'add_repo_notification', place, actor, row)
        return present(row)
      })
    },

    /** Enables what failed too often. @throws Problem `request-invalid` */
    reset: (place: Place, actor: Actor, uuid: string): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const row = await require(tx, place, uuid)
        await repoNotificationStore(tx).clearFailures(row.id)
        await record(tx, 'reset_repo_notification', place, actor, row)
      }),

    /** @throws Problem `request-invalid` */
    delete: (place: Place, actor: Actor, uuid: string): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const row = await require(tx, place, uuid)
        await repoNotificationStore(tx).delete(row.id)
        await record(tx, 'delete_repo_notification', place, actor, row)
      }),

    /** Queues an example. @throws Problem `request-invalid` */
    test: (place: Place, uuid: string): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const { id, event, event_config_json } = await require(tx, place, uuid)
        const base = events.baseData(place.repository.full_name)
        const eventConfig = parseData(event_config_json)
        await events.queue(tx, id, sampleOf(event, base, { uuid, eventConfig }), { isTest: true })
      }),

    /** The newest first. @throws Problem `not-found` */
    async deliveries(place: Pick<Place, 'repository'>, uuid: string): Promise<Delivery[]> {
      const { id, event } = await get(db, place, uuid)
      return (await deliveryStore(db).list(id, listedDeliveries)).map(withAttempts(event))
    },

    /** What was sent, once more. @throws Problem `not-found`, `request-invalid` */
    resend: (place: Place, uuid: string, delivery: string): Promise<Delivery> =>
      db.transaction().execute(async (tx) => {
        const { id, event, number_of_failures: failures } = await get(tx, place, uuid)
        const before = await deliveryStore(tx).find(id, delivery)
        if (before === undefined) throw new Problem('not-found')
        if (failures >= disabledFrom) {
          throw refuse(
            'The notification is disabled, because it failed too often. Enable it first.',
          )
        }
        const made = await events.queue(tx, id, parseData(before.event_json), {
          performer: before.performer,
          isTest: before.is_test === 1,
        })
        const row = await deliveryStore(tx).find(id, made)
        if (row === undefined) throw new Problem('not-found')
        return withAttempts(event)(row)
      }),
  }
}
