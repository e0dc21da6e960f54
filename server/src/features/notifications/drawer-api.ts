import {
  listDrawerNotifications,
  markAllNotificationsRead,
  markNotificationRead,
} from '../../contract/preferences.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { DrawerRow, DrawerService } from './drawer-service.ts'
import { presentNotification } from './notification-api.ts'
import { readerOf } from './notification-service.ts'

const usualLimit = 20
const longestLimit = 100

export function drawerApi({ drawer }: { drawer: DrawerService }): readonly ApiRoute[] {
  return [
    route(listDrawerNotifications, async ({ query, principal }) => {
      const limit = Math.min(Math.max(query.limit ?? usualLimit, 1), longestLimit)
      const found = await drawer.list(readerOf(principal), limit)
      return { ...found, notifications: found.notifications.map(present) }
    }),
    route(markNotificationRead, async ({ params, body, principal }) =>
      present(await drawer.setRead(readerOf(principal), params.uuid, body.read)),
    ),
    route(markAllNotificationsRead, async ({ principal }) => {
      await drawer.readAll(readerOf(principal))
      return undefined
    }),
  ]
}

const present = (row: DrawerRow) => ({ ...presentNotification(row), read: row.read })
