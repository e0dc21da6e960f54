import { z } from 'zod'

import {
  describeBundleClients,
  inspectBundle,
  listBundlePlaces,
  listBundles,
  planBundle,
  startBundleExport,
  startBundleImport,
  startBundleVerification,
} from '../../contract/mooring-bundles.ts'
import { parseIdentities } from '../../bundles/age/age-keys.ts'
import { clientConfiguration } from '../../bundles/client-configuration.ts'
import { parseNameRules } from '../../bundles/name-mapping.ts'
import { parseVolumeSize } from '../../bundles/volume-size.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDate } from '../api/wire-date.ts'
import type { BundleInspection } from './bundle-inspection-service.ts'
import type { BundleJobs } from './bundle-job-service.ts'
import type { BundleList } from './bundle-list-service.ts'
import { freeBytesAt, type BundlePlaces } from './bundle-places.ts'
import type { BundleSources } from './bundle-sources.ts'
import { answering, presentJob, presentPlan } from './bundle-view.ts'
import { createNameMap } from './name-map.ts'
import { parseRate } from './rate.ts'
import { requireEncryptable } from './export-encryption.ts'
import type { UpstreamPlans } from './upstream-plan-service.ts'
import { findWriteSpeed } from './write-speed.ts'

const pageSize = 50
const planWithinMs = 120_000
const Position = z.object({ at: z.number(), id: z.string() })

/** Plans, exports and imports of bundles. */
export function bundleApi({
  list,
  plans,
  places,
  jobs,
  sources,
  inspection,
  pageTokens,
  serverHostname,
}: {
  list: BundleList
  plans: UpstreamPlans
  places: BundlePlaces
  jobs: BundleJobs
  sources: BundleSources
  inspection: BundleInspection
  pageTokens: PageTokens
  serverHostname: string
}): readonly ApiRoute[] {
  return [
    route(listBundles, async ({ query }) => {
      const { direction } = query
      if (direction !== undefined && direction !== 'out' && direction !== 'in') {
        throw new Problem('request-invalid', { message: 'direction must be "out" or "in"' })
      }
      const after = pageTokens.open('bundles', query.next_page, Position)
      const rows = await list.page(direction, after, pageSize + 1)
      const page = rows.slice(0, pageSize)
      const last = page.at(-1)
      return {
        bundles: page.map((row) => ({
          ...{ id: row.id, direction: row.direction, stream: row.stream, sequence: row.sequence },
          base: { kind: row.base_kind, id: row.base_id },
          ...{ source_name: row.source_name, created: wireDate(row.created_at) },
          ...{ entries: row.entries, blobs: row.blobs, bytes: row.size_bytes },
          ...{ volumes: row.volumes, state: row.state, job_id: row.job_id, path: row.path },
        })),
        ...(rows.length > pageSize &&
          last !== undefined && {
            next_page: pageTokens.seal('bundles', { at: last.created_at, id: last.id }),
          }),
      }
    }),

    route(listBundlePlaces, async () => ({
      places: (await list.places()).map(({ path: place, exists, freeBytes, bundles }) => ({
        ...{ path: place, exists, free_bytes: freeBytes, bundles: [...bundles] },
      })),
    })),

    route(planBundle, ({ body: { upstreams = [], ...wish } }) =>
      answering(async () => {
        const { to } = wish
        const target = to === undefined ? await places.resolve('') : await places.resolveTarget(to)
        const built = await plans.look(wish, upstreams, AbortSignal.timeout(planWithinMs))
        return presentPlan(built, {
          freeBytes: await freeBytesAt(target),
          measured: await findWriteSpeed(jobs, target),
        })
      }),
    ),

    route(startBundleExport, ({ body: { upstreams, ...body }, user }) =>
      answering(async () => {
        if (body.volume_size !== undefined) parseVolumeSize(body.volume_size)
        if (body.rate !== undefined) parseRate(body.rate)
        requireEncryptable(body)
        const target = body.to === undefined ? undefined : await places.resolveTarget(body.to)
        const secrets = upstreams && { upstreams }
        return presentJob(
          await jobs.start('export', body, user.username, { path: target, secrets }),
        )
      }),
    ),

    route(inspectBundle, ({ body: { source, identity, ...choices } }) =>
      answering(() => inspection.inspect(source, choices, identity)),
    ),

    route(startBundleVerification, ({ body: { identity, ...body }, user }) =>
      answering(async () => {
        const [first] = await sources.pathsOf(body.source)
        const secrets = readSecrets(identity)
        return presentJob(await jobs.start('verify', body, user.username, { path: first, secrets }))
      }),
    ),

    route(startBundleImport, ({ body: { identity, ...body }, user }) =>
      answering(async () => {
        const [first] = await sources.pathsOf(body.source)
        createNameMap(body.map ?? [])
        const secrets = readSecrets(identity)
        return presentJob(await jobs.start('import', body, user.username, { path: first, secrets }))
      }),
    ),

    route(describeBundleClients, ({ body }) =>
      answering(() => {
        const rules = parseNameRules(body.map)
        const { files, left } = clientConfiguration({ registry: serverHostname, rules, hosts: [] })
        return Promise.resolve({ files: [...files], left: [...left] })
      }),
    ),
  ]
}

/** One that cannot be read is told before anything begins. */
function readSecrets(identity: string | undefined): { identity: string } | undefined {
  if (identity === undefined) return undefined
  parseIdentities(identity)
  return { identity }
}
