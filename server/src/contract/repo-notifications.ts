import { z } from 'zod'

import { endpoint } from './endpoint.ts'

const area = 'notifications'

const longestTitle = 255

/** Builds and found vulnerabilities can be waited for before anything here raises them. */
export const RepoEvent = z.enum([
  ...(['repo_push', 'vulnerability_found', 'repo_image_expiry'] as const),
  ...(['build_queued', 'build_start', 'build_success', 'build_failure'] as const),
  'build_cancelled',
  ...(['repo_mirror_sync_started', 'repo_mirror_sync_success'] as const),
  'repo_mirror_sync_failed',
])

export const NotificationMethod = z.enum([
  ...(['quay_notification', 'email', 'webhook', 'slack', 'flowdock', 'hipchat'] as const),
])

/**
 * Where to, by method: `target` {kind: user, org or team; name}, `email`, `url` and `template`, `url`,
 * `flow_api_token`, `notification_token` and `room_id`.
 */
const config = z.record(z.string(), z.unknown())

/** What narrows an event: `days` of repo_image_expiry, `level` and `ref-regex` of others. */
const eventConfig = z.record(z.string(), z.unknown())

export const RepoNotification = z
  .object({
    uuid: z.string(),
    title: z.string().nullable(),
    event: RepoEvent,
    method: NotificationMethod,
    config,
    event_config: eventConfig,
    /** In a row; with three it is disabled until it is reset. */
    number_of_failures: z.int(),
  })
  .meta({ id: 'RepoNotification' })

export const createRepoNotification = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/repository/{repository}/notification/',
  operationId: 'createRepoNotification',
  summary: 'Tells somebody whenever something happens in a repository.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  body: z.object({
    event: RepoEvent,
    method: NotificationMethod,
    config,
    eventConfig,
    title: z.string().max(longestTitle).nullable().optional(),
  }),
  responses: { 201: RepoNotification },
})

export const listRepoNotifications = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/repository/{repository}/notification/',
  operationId: 'listRepoNotifications',
  summary: 'Who is told about what in a repository.',
  rule: { kind: 'repository', role: 'admin', readers: true },
  scope: 'repo:admin',
  responses: { 200: z.object({ notifications: z.array(RepoNotification) }) },
})

export const getRepoNotification = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/repository/{repository}/notification/{uuid}',
  operationId: 'getRepoNotification',
  summary: 'One notification of a repository.',
  rule: { kind: 'repository', role: 'admin', readers: true },
  scope: 'repo:admin',
  responses: { 200: RepoNotification },
})

export const resetRepositoryNotificationFailures = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/repository/{repository}/notification/{uuid}',
  operationId: 'resetRepositoryNotificationFailures',
  summary: 'Enables a notification again that failed too often.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  responses: { 204: null },
})

export const deleteRepoNotification = endpoint({
  area,
  method: 'DELETE',
  path: '/api/v1/repository/{repository}/notification/{uuid}',
  operationId: 'deleteRepoNotification',
  summary: 'Deletes a notification, with what of it still waits.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  responses: { 204: null },
})

export const testRepoNotification = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/repository/{repository}/notification/{uuid}/test',
  operationId: 'testRepoNotification',
  summary: 'Sends an example of the event.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  responses: { 200: z.object({}) },
})
