import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { BundleJob, superuserOfBundles as superuser } from './mooring-bundle-values.ts'
import { nextPage, nextPageQuery } from './values.ts'

export const listBundleJobs = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/jobs',
  operationId: 'listBundleJobs',
  summary: 'Exports, imports and verifications, the latest first.',
  query: nextPageQuery,
  responses: { 200: z.object({ jobs: z.array(BundleJob), next_page: nextPage }) },
})

export const getBundleJob = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/jobs/{job_id}',
  operationId: 'getBundleJob',
  summary: 'How far a job has come; the topic "jobs" of the events tells of changes.',
  responses: { 200: BundleJob },
})

const change = (name: 'pause' | 'resume' | 'cancel', operationId: string, summary: string) =>
  endpoint({
    ...superuser,
    method: 'POST',
    path: `/api/v1/mooring/jobs/{job_id}/${name}` as const,
    operationId,
    summary,
    responses: { 200: BundleJob },
  })

export const pauseBundleJob = change(
  'pause',
  'pauseBundleJob',
  'Interrupts a job; what it did is kept.',
)
export const resumeBundleJob = change(
  'resume',
  'resumeBundleJob',
  'Goes on with a job that was paused, waits or has failed.',
)
export const cancelBundleJob = change(
  'cancel',
  'cancelBundleJob',
  'Ends a job for good; nothing of it becomes visible.',
)

export const downloadBundleVolume = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/jobs/{job_id}/files/{name}',
  operationId: 'downloadBundleVolume',
  summary: 'A volume of an export that was made as tar files.',
  responses: { 200: z.string(), 206: z.string() },
})
