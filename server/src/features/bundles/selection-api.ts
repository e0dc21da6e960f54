import type { z } from 'zod'

import {
  changeBundleSelection,
  createBundleSelection,
  deleteBundleSelection,
  getBundleSelection,
  listBundleSelections,
  runBundleSelection,
  type SavedSelection,
} from '../../contract/mooring-bundle-selections.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { JobFact } from './bundle-job.ts'
import type { BundleJobRow } from './bundle-job-store.ts'
import { answering, presentJob } from './bundle-view.ts'
import {
  calendarOf,
  type SavedSelections,
  type SelectionContent,
} from './saved-selection-service.ts'
import type { SelectionRow } from './selection-store.ts'

/** What bundles are made of that are made again and again. */
export function selectionApi({ selections }: { selections: SavedSelections }): readonly ApiRoute[] {
  async function present(rows: readonly SelectionRow[]) {
    const runs = await selections.lastRuns(rows)
    return rows.map((row) => presentSelection(row, selections, runs))
  }
  const presentOne = async (row: SelectionRow) =>
    presentSelection(row, selections, await selections.lastRuns([row]))

  return [
    route(listBundleSelections, async () => ({
      selections: await present(await selections.list()),
    })),
    route(createBundleSelection, ({ body, user }) =>
      answering(async () => presentOne(await selections.create(body, user.username))),
    ),
    route(getBundleSelection, async ({ params }) =>
      presentOne(await selections.find(params.selection_id)),
    ),
    route(changeBundleSelection, ({ params, body, user }) =>
      answering(async () =>
        presentOne(await selections.change(params.selection_id, body, user.username)),
      ),
    ),
    route(deleteBundleSelection, async ({ params }) => {
      await selections.delete(params.selection_id)
      return undefined
    }),
    route(runBundleSelection, async ({ params, user }) => {
      const row = await selections.find(params.selection_id)
      return presentJob(await selections.begin(row, user.username))
    }),
  ]
}

export function presentSelection(
  row: SelectionRow,
  { loginsOf }: Pick<SavedSelections, 'loginsOf'>,
  runs: ReadonlyMap<string, BundleJobRow>,
): z.input<typeof SavedSelection> {
  const { last_job_id: jobId, last_started_at: started } = row
  const job = jobId === null ? undefined : runs.get(jobId)
  return {
    ...{ id: row.id, name: row.name, directory: row.directory, by: row.by_name },
    content: JSON.parse(row.content_json) as SelectionContent,
    upstreams: loginsOf(row).map(({ password, ...login }) => ({
      ...{ ...login, has_password: password !== undefined },
    })),
    ...{ calendar: [...calendarOf(row)], keep: row.keep_last },
    ...{ next: wireDateOrNull(row.next_at), updated: wireDate(row.updated_at) },
    last:
      jobId === null || started === null
        ? null
        : {
            ...{ job_id: jobId, state: job?.state ?? null, started: wireDate(started) },
            ...{ ended: wireDateOrNull(job?.ended_at ?? null), bundle_id: job?.bundle_id ?? null },
            message:
              job === undefined || job.error_json === null
                ? null
                : (JSON.parse(job.error_json) as JobFact).message,
          },
    problem: row.problem,
  }
}
