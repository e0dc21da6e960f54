import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { wireDate } from './values.ts'

const superuser = {
  area: 'configuration',
  rule: { kind: 'superuser', readers: false },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
} as const

const bodyLimitBytes = 1_048_576
const key = z
  .string()
  .max(200)
  .regex(/^[A-Z][A-Z0-9_]*$/)
const optionalValue = z.unknown().optional()
const revision = z.string().max(64)

/** Keys and what they become; null takes a key out. A masked value that comes back is left alone. */
const values = z.record(key, z.unknown())

const Setting = z
  .object({
    key: z.string(),
    /** In effect after the next start; secrets are masked. */
    value: optionalValue,
    default: optionalValue,
    origin: z.enum(['default', 'file', 'environment', 'flag']),
    /** Set where the file cannot change it. */
    locked: z.boolean(),
    secret: z.boolean(),
    /** `ignored`: known to Quay, without an effect in this version. */
    kind: z.enum(['known', 'ignored', 'unknown']),
    /** The running server has another value. */
    needs_restart: z.boolean(),
  })
  .meta({ id: 'Setting' })

const SettingChange = z
  .object({ key: z.string(), before: optionalValue, after: optionalValue })
  .meta({ id: 'SettingChange' })

const ConfigFinding = z
  .object({ FieldGroup: z.string(), Tags: z.array(z.string()), Message: z.string() })
  .meta({ id: 'ConfigFinding' })

const ConfigProblem = z
  .object({ key: z.string(), source: z.string(), found: z.string(), expected: z.string() })
  .meta({ id: 'ConfigProblem' })

const ConfigVersion = z
  .object({
    id: z.string(),
    at: wireDate,
    by: z.string(),
    changes: z.array(SettingChange),
  })
  .meta({ id: 'ConfigVersion' })

const saved = z.object({
  changes: z.array(SettingChange),
  revision: z.string(),
  needs_restart: z.boolean(),
})

export const getConfiguration = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/config',
  operationId: 'getConfiguration',
  summary: 'The settings in effect, with where each comes from.',
  responses: {
    200: z.object({
      settings: z.array(Setting),
      /** Names the text of config.yaml that this was read from. */
      revision: z.string(),
      /** Whether the server may write config.yaml. */
      writable: z.boolean(),
      needs_restart: z.boolean(),
    }),
  },
})

export const validateConfiguration = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/config/validate',
  operationId: 'validateConfiguration',
  summary: 'What changes of settings would do, and what would be wrong then.',
  bodyLimitBytes,
  body: z.object({ values, mode: z.enum(['online', 'offline']).optional() }),
  responses: {
    200: z.object({
      changes: z.array(SettingChange),
      /** Why the server would not start. */
      problems: z.array(ConfigProblem),
      /** What Quay's rules say, of which some do not matter here. */
      findings: z.array(ConfigFinding),
    }),
  },
})

export const changeConfiguration = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/mooring/config',
  operationId: 'changeConfiguration',
  summary: 'Changes settings in config.yaml; a restart applies them.',
  bodyLimitBytes,
  body: z.object({ values, revision: revision.optional() }),
  responses: { 200: saved },
})

export const getConfigurationHistory = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/config/history',
  operationId: 'getConfigurationHistory',
  summary: 'The latest changes of config.yaml, newest first.',
  responses: { 200: z.object({ versions: z.array(ConfigVersion) }) },
})

export const restoreConfiguration = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/mooring/config/history/{version_id}/restore',
  operationId: 'restoreConfiguration',
  summary: 'Makes config.yaml what it was before a change.',
  body: z.object({ revision: revision.optional() }),
  responses: { 200: saved },
})
