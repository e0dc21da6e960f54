import {
  listNotificationDeliveries,
  resendNotificationDelivery,
} from '../../contract/mooring-notifications.ts'
import {
  createRepoNotification,
  deleteRepoNotification,
  getRepoNotification,
  listRepoNotifications,
  resetRepositoryNotificationFailures,
  testRepoNotification,
} from '../../contract/repo-notifications.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type {
  Delivery,
  RepoNotification,
  RepoNotificationService,
} from './repo-notification-service.ts'

export function repoNotificationApi({
  notifications,
}: {
  notifications: RepoNotificationService
}): readonly ApiRoute[] {
  return [
    route(createRepoNotification, async ({ repository, namespace, actor, body }) => {
      const { event, method, config, eventConfig, title = null } = body
      const wish = { event, method, config, eventConfig, title }
      return present(await notifications.create({ repository, namespace }, actor, wish))
    }),

    route(listRepoNotifications, async ({ repository }) => ({
      notifications: (await notifications.list({ repository })).map(present),
    })),

    route(getRepoNotification, async ({ repository, params }) =>
      present(await notifications.get({ repository }, params.uuid)),
    ),

    route(resetRepositoryNotificationFailures, async ({ repository, namespace, actor, params }) => {
      await notifications.reset({ repository, namespace }, actor, params.uuid)
      return undefined
    }),

    route(deleteRepoNotification, async ({ repository, namespace, actor, params }) => {
      await notifications.delete({ repository, namespace }, actor, params.uuid)
      return undefined
    }),

    route(testRepoNotification, async ({ repository, namespace, params }) => {
      await notifications.test({ repository, namespace }, params.uuid)
      return {}
    }),

    route(listNotificationDeliveries, async ({ repository, params }) => ({
      deliveries: (await notifications.deliveries({ repository }, params.uuid)).map(
        presentDelivery,
      ),
    })),

    route(resendNotificationDelivery, async ({ repository, namespace, params }) => {
      const place = { repository, namespace }
      return presentDelivery(await notifications.resend(place, params.uuid, params.delivery))
    }),
  ]
}

function present(notification: RepoNotification) {
  const { uuid, title, event, method, config, eventConfig, failures } = notification
  return {
    ...{ uuid, title, event, method },
    ...{ config, event_config: eventConfig, number_of_failures: failures },
  }
}

function presentDelivery(delivery: Delivery) {
  const { uuid, event, is_test, state, created_at, next_attempt_at, attempts } = delivery
  return {
    ...{ id: uuid, event, test: is_test === 1, state },
    created: wireDate(created_at),
    next_attempt: wireDateOrNull(next_attempt_at),
    attempts: attempts.map(({ at, durationMs, status, code, message }) => ({
      ...{ at: wireDate(at), duration_ms: durationMs, status, code, message },
    })),
  }
}
