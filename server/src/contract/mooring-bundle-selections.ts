import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import {
  bundleContent,
  BundleJob,
  BundleSelection,
  BundleUpstream,
  bundleWriting,
  superuserOfBundles as superuser,
} from './mooring-bundle-values.ts'
import { wireDate } from './values.ts'

const directory = z.string().min(1).max(4_096)

/** What a selection is made of; a request is answered once, so it is none. */
const content = {
  ...bundleContent,
  ...bundleWriting,
  selection: BundleSelection.omit({ request: true }),
}

/** `02:00`, `mon-fri@02:00`: by the clock of the server. Empty: only when somebody says so. */
const calendar = z.array(z.string().min(4).max(64)).max(50)

const SavedContent = z.object(content).meta({ id: 'SavedBundleContent' })

/** A bundle that is made again and again. */
export const SavedSelection = z
  .object({
    id: z.string(),
    name: z.string(),
    content: SavedContent,
    /** Registries that its list names; passwords stay where they are. */
    upstreams: z.array(
      BundleUpstream.omit({ password: true }).extend({ has_password: z.boolean() }),
    ),
    /** Each run writes a folder of its own in it, named after the bundle. */
    directory: z.string(),
    calendar,
    /** So many of the bundles that its runs wrote stay where they are; null: all of them. */
    keep: z.number().nullable(),
    next: wireDate.nullable(),
    updated: wireDate,
    by: z.string().nullable(),
    last: z
      .object({
        job_id: z.string(),
        /** Null: the job is known no more. */
        state: z
          .enum(['queued', 'running', 'paused', 'waiting', 'done', 'failed', 'cancelled'])
          .nullable(),
        started: wireDate,
        ended: wireDate.nullable(),
        bundle_id: z.string().nullable(),
        message: z.string().nullable(),
      })
      .nullable(),
    /** Why a run at its time did not begin. */
    problem: z.string().nullable(),
  })
  .meta({ id: 'SavedBundleSelection' })

export const SelectionWish = z.object({
  name: z.string().trim().min(1).max(128),
  ...content,
  /** Left out: the first place for bundles. */
  directory: directory.optional(),
  calendar: calendar.optional(),
  /**
   * After each run that ended well, folders of earlier ones are removed but for so many, the new one
   * included. Only what its own runs wrote, and only while it is what they wrote. Left out: all stay.
   */
  keep: z.int().min(1).max(1_000).nullable().optional(),
  /** One that names the same user and no password keeps the one that is known. */
  upstreams: z.array(BundleUpstream).max(100).optional(),
})

export type SelectionWish = z.output<typeof SelectionWish>

const path = '/api/v1/mooring/bundles/selections'
const one = `${path}/{selection_id}` as const
const bodyLimitBytes = 4 * 1024 * 1024

export const listBundleSelections = endpoint({
  ...superuser,
  method: 'GET',
  path,
  operationId: 'listBundleSelections',
  summary: 'Bundles that are made again and again, with their last run and their next.',
  responses: { 200: z.object({ selections: z.array(SavedSelection) }) },
})

export const createBundleSelection = endpoint({
  ...superuser,
  method: 'POST',
  path,
  operationId: 'createBundleSelection',
  summary: 'Keeps what a bundle is made of, to make it again by hand or at fixed times.',
  freshLogin: true,
  body: SelectionWish,
  bodyLimitBytes,
  responses: { 201: SavedSelection },
})

export const getBundleSelection = endpoint({
  ...superuser,
  method: 'GET',
  path: one,
  operationId: 'getBundleSelection',
  summary: 'One selection, with its last run and its next.',
  responses: { 200: SavedSelection },
})

export const changeBundleSelection = endpoint({
  ...superuser,
  method: 'PUT',
  path: one,
  operationId: 'changeBundleSelection',
  summary: 'Replaces a selection; a run that has begun goes on with what it was.',
  freshLogin: true,
  body: SelectionWish,
  bodyLimitBytes,
  responses: { 200: SavedSelection },
})

export const deleteBundleSelection = endpoint({
  ...superuser,
  method: 'DELETE',
  path: one,
  operationId: 'deleteBundleSelection',
  summary: 'Forgets a selection; bundles that were made from it stay.',
  freshLogin: true,
  responses: { 204: null },
})

export const runBundleSelection = endpoint({
  ...superuser,
  method: 'POST',
  path: `${one}/run`,
  operationId: 'runBundleSelection',
  summary: 'Makes the bundle now. One at a time: a run that has not ended stands in the way.',
  freshLogin: true,
  responses: { 202: BundleJob },
})
