import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

import {
  cancelBundleJob,
  downloadBundleVolume,
  getBundleJob,
  listBundleJobs,
  pauseBundleJob,
  resumeBundleJob,
} from '../../contract/mooring-bundle-jobs.ts'
import { isTarName, sumsName } from '../../bundles/bundle-names.ts'
import { parseByteRange } from '../../http/byte-range.ts'
import { Problem } from '../../problem.ts'
import { reply, route, type ApiRoute, type Reply } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import type { JobResult } from './bundle-job.ts'
import type { BundleJobs } from './bundle-job-service.ts'
import { presentJob } from './bundle-view.ts'

const pageSize = 50
const Position = z.object({ at: z.number(), id: z.string() })

/** Exports, imports and verifications while they run, and afterwards. */
export function bundleJobApi({
  jobs,
  pageTokens,
}: {
  jobs: BundleJobs
  pageTokens: PageTokens
}): readonly ApiRoute[] {
  return [
    route(listBundleJobs, async ({ query }) => {
      const after = pageTokens.open('bundle-jobs', query.next_page, Position)
      const rows = await jobs.page(after, pageSize + 1)
      const page = rows.slice(0, pageSize)
      const last = page.at(-1)
      return {
        jobs: page.map(presentJob),
        ...(rows.length > pageSize &&
          last !== undefined && {
            next_page: pageTokens.seal('bundle-jobs', { at: last.created_at, id: last.id }),
          }),
      }
    }),

    route(getBundleJob, async ({ params }) => presentJob(await jobs.find(params.job_id))),
    route(pauseBundleJob, async ({ params }) => presentJob(await jobs.pause(params.job_id))),
    route(resumeBundleJob, async ({ params }) => presentJob(await jobs.resume(params.job_id))),
    route(cancelBundleJob, async ({ params }) => presentJob(await jobs.cancel(params.job_id))),

    route(downloadBundleVolume, async ({ params, header }) => {
      const job = await jobs.find(params.job_id)
      const result = job.result_json === null ? null : (JSON.parse(job.result_json) as JobResult)
      if (result?.kind !== 'export' || !isVolumeFile(params.name, result)) {
        throw new Problem('not-found')
      }
      const file = path.join(result.path, params.name)
      const found = await stat(file).catch(() => undefined)
      if (found?.isFile() !== true) throw new Problem('not-found')
      const range = parseByteRange(header('range'), found.size)
      const { start, end } = range ?? { start: 0, end: found.size - 1 }
      const headers = {
        'Content-Type': params.name.endsWith('.tar')
          ? 'application/x-tar'
          : 'application/octet-stream',
        'Content-Disposition': `attachment; filename="${params.name}"`,
        'Accept-Ranges': 'bytes',
        'Content-Length': String(end - start + 1),
        ...(range !== undefined && {
          'Content-Range': `bytes ${String(start)}-${String(end)}/${String(found.size)}`,
        }),
      }
      const content = createReadStream(file, { start, end, highWaterMark: 1024 * 1024 })
      return reply(range === undefined ? 200 : 206, content, headers) as unknown as Reply<string>
    }),
  ]
}

/** The tar of a volume, and the sum beside one that is encrypted. */
function isVolumeFile(
  name: string,
  { volumes }: { volumes: readonly { name: string }[] },
): boolean {
  return volumes.some(
    (volume) =>
      isTarName(volume.name) &&
      (name === volume.name || (volume.name.endsWith('.age') && name === sumsName(volume.name))),
  )
}
