import { z } from 'zod'

import { endpoint } from './endpoint.ts'

const superuser = {
  area: 'superuser',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
} as const

const anything = z.record(z.string(), z.unknown())

export const getChangeLog = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/changelog/',
  operationId: 'getChangeLog',
  summary: 'What changed from version to version, as Markdown.',
  internal: true,
  responses: { 200: z.object({ log: z.string() }) },
})

export const getSuperUserConfig = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/config',
  operationId: 'getSuperUserConfig',
  summary: 'The settings in effect, without their secrets; needs FEATURE_SUPERUSER_CONFIGDUMP.',
  undocumented: true,
  responses: {
    200: z.object({
      config: anything,
      warning: anything,
      env: z.record(z.string(), z.string()),
      schema: anything,
    }),
  },
})

export const scRegistryStatus = endpoint({
  area: 'superuser',
  method: 'GET',
  path: '/api/v1/superuser/registrystatus',
  operationId: 'scRegistryStatus',
  summary: 'Whether the registry is set up.',
  rule: { kind: 'anyone' },
  scope: null,
  switches: ['FEATURE_SUPER_USERS'],
  internal: true,
  responses: {
    200: z.object({
      status: z.enum(['ready', 'setup-incomplete']),
      provider_id: z.string().optional(),
    }),
  },
})

export const scShutdownContainer = endpoint({
  area: 'superuser',
  method: 'POST',
  path: '/api/v1/superuser/shutdown',
  operationId: 'scShutdownContainer',
  summary: 'Ends the server as a signal would: requests under way are finished first.',
  rule: { kind: 'handler', who: 'superusers, and everybody while there is no account' },
  scope: null,
  switches: ['FEATURE_SUPER_USERS'],
  internal: true,
  responses: { 200: z.object({}) },
})

const build = z.object({ id: z.string(), phase: z.string() })

export const getRepoBuildSuperUser = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/{build_uuid}/build',
  operationId: 'getRepoBuildSuperUser',
  summary: 'A build by its id.',
  responses: { 200: build },
})

export const getRepoBuildStatusSuperUser = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/{build_uuid}/status',
  operationId: 'getRepoBuildStatusSuperUser',
  summary: 'How far a build is.',
  responses: { 200: build },
})

export const getRepoBuildLogsSuperUser = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/{build_uuid}/logs',
  operationId: 'getRepoBuildLogsSuperUser',
  summary: 'What a build printed.',
  responses: { 200: z.object({ start: z.int(), total: z.int(), logs: z.array(anything) }) },
})

export const getRepoBuildLogsArchiveSuperUser = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/{build_uuid}/logs/archive',
  operationId: 'getRepoBuildLogsArchiveSuperUser',
  summary: 'What a build printed, once it was put away.',
  responses: { 200: z.object({ logs: z.array(anything) }) },
})
