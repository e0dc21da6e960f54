import { z } from 'zod'

import { Notification } from './current-user.ts'
import { endpoint } from './endpoint.ts'
import { queryInteger } from './values.ts'

export const Preferences = z
  .object({
    /** Null: what the browser asks for. */
    language: z.enum(['en', 'ja']).nullable(),
    theme: z.enum(['light', 'dark', 'auto', 'contrast']),
    density: z.enum(['comfortable', 'compact']),
    page_size: z.union([z.literal(10), z.literal(20), z.literal(50), z.literal(100)]),
    /** Keys that do something without a modifier. */
    shortcuts: z.boolean(),
  })
  .meta({ id: 'Preferences' })

const own = { area: 'mooring', rule: { kind: 'user' } } as const

export const getPreferences = endpoint({
  ...own,
  method: 'GET',
  path: '/api/v1/mooring/preferences',
  operationId: 'getPreferences',
  summary: 'How the caller likes the interface.',
  scope: 'user:read',
  responses: { 200: Preferences },
})

export const changePreferences = endpoint({
  ...own,
  method: 'PUT',
  path: '/api/v1/mooring/preferences',
  operationId: 'changePreferences',
  summary: 'Changes what is given of how the caller likes the interface.',
  scope: 'user:admin',
  body: Preferences.partial(),
  responses: { 200: Preferences },
})

const DrawerNotification = Notification.extend({ read: z.boolean() }).meta({
  id: 'DrawerNotification',
})

export const listDrawerNotifications = endpoint({
  ...own,
  method: 'GET',
  path: '/api/v1/mooring/notifications',
  operationId: 'listDrawerNotifications',
  summary: 'What the caller was told and did not dismiss, the newest first, with what was read.',
  scope: 'user:admin',
  query: z.object({ limit: queryInteger('At most so many, up to 100').optional() }),
  responses: {
    200: z.object({
      notifications: z.array(DrawerNotification),
      /** Among the latest hundred. */
      unread: z.int().nonnegative(),
      additional: z.boolean(),
    }),
  },
})

export const markNotificationRead = endpoint({
  ...own,
  method: 'PUT',
  path: '/api/v1/mooring/notifications/{uuid}',
  operationId: 'markNotificationRead',
  summary: 'Marks a notification as read by the caller, or as not.',
  scope: 'user:admin',
  body: z.object({ read: z.boolean() }),
  responses: { 200: DrawerNotification },
})

export const markAllNotificationsRead = endpoint({
  ...own,
  method: 'POST',
  path: '/api/v1/mooring/notifications/read',
  operationId: 'markAllNotificationsRead',
  summary: 'Marks everything that the caller was told so far as read.',
  scope: 'user:admin',
  responses: { 204: null },
})
