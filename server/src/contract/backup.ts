import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const
const change = { ...superuser, freshLogin: true } as const

/** How far a long piece of work has come; the same for every kind of job. */
export const JobProgress = z
  .object({
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    phase: z.string(),
    done: z.number(),
    total: z.number(),
    unit: z.literal('bytes'),
    itemsDone: z.int(),
    itemsTotal: z.int(),
    current: z.string(),
    rate: z.number(),
    eta: z.number().nullable(),
    startedAt: wireDate,
    errors: z.array(z.string()),
  })
  .meta({ id: 'JobProgress' })

export const BackupJob = z
  .object({
    id: z.string(),
    target: z.string(),
    backup_id: z.string().nullable(),
    progress: JobProgress,
  })
  .meta({ id: 'BackupJob' })

const BackupTargetView = z
  .object({
    target: z.string(),
    every_seconds: z.number(),
    keep: z.int().nullable(),
    encrypted: z.boolean(),
    overdue: z.boolean(),
    last_success: wireDate.nullable(),
    last_backup_id: z.string().nullable(),
    last_duration_seconds: z.number().nullable(),
    last_new_bytes: z.number().nullable(),
    last_failure: wireDate.nullable(),
    last_failure_reason: z.string().nullable(),
  })
  .meta({ id: 'BackupTarget' })

export const getBackups = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/backup',
  operationId: 'getBackups',
  summary:
    'Where backups go, how the last one went, and the latest that this process made or makes.',
  responses: {
    200: z.object({ targets: z.array(BackupTargetView), job: BackupJob.nullable() }),
  },
})

export const startBackup = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/backup',
  operationId: 'startBackup',
  summary: 'Makes a backup now, to the target of the configuration.',
  whileReadOnly: true,
  responses: { 202: BackupJob },
})

export const getBackupJob = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/backup/{job_id}',
  operationId: 'getBackupJob',
  summary: 'How far a backup has come.',
  responses: { 200: BackupJob },
})

export const cancelBackup = endpoint({
  ...change,
  method: 'DELETE',
  path: '/api/v1/mooring/backup/{job_id}',
  operationId: 'cancelBackup',
  summary: 'Stops a backup that is being made; the target keeps earlier ones.',
  whileReadOnly: true,
  responses: { 204: null },
})
