import {
  getUserNotification,
  listUserNotifications,
  updateUserNotification,
} from '../../contract/current-user.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import { readerOf, type NotificationService } from './notification-service.ts'
import type { NotificationRow } from './notification-store.ts'

const usualLimit = 5
const longestLimit = 100

export function notificationApi({
  notifications,
}: {
  notifications: NotificationService
}): readonly ApiRoute[] {
  return [
    route(listUserNotifications, async ({ query, principal }) => {
      const { page = 0, limit = usualLimit } = query
      const found = await notifications.list(
        readerOf(principal),
        Math.max(page - 1, 0),
        Math.min(Math.max(limit, 1), longestLimit),
      )
      return { ...found, notifications: found.notifications.map(presentNotification) }
    }),

    route(getUserNotification, async ({ params, principal }) =>
      presentNotification(await notifications.get(readerOf(principal), params.uuid)),
    ),

    route(updateUserNotification, async ({ params, body, principal }) =>
      presentNotification(
        await notifications.setDismissed(readerOf(principal), params.uuid, body.dismissed ?? false),
      ),
    ),
  ]
}

export function presentNotification(notification: NotificationRow) {
  const { uuid, organization, kind, created_at, dismissed, metadata_json } = notification
  return {
    id: uuid,
    organization,
    kind,
    created: wireDate(created_at),
    dismissed: dismissed === 1,
    metadata: JSON.parse(metadata_json) as Record<string, unknown>,
  }
}
