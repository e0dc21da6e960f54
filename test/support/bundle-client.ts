import type { z } from 'zod'
import type { BundleJob, BundlePlan } from '../../server/src/contract/mooring-bundle-values.ts'
import type { listTrustAnchors } from '../../server/src/contract/mooring-bundle-trust.ts'
import type { inspectBundle } from '../../server/src/contract/mooring-bundles.ts'
import type { ApiClient } from './api-client.ts'
import { until } from './until.ts'

type Job = z.output<typeof BundleJob>
type Inspection = z.output<(typeof inspectBundle)['responses'][200]>
type Trusted = z.output<(typeof listTrustAnchors)['responses'][200]>
type Facts = Readonly<Record<string, unknown>>

const area = '/api/v1/mooring'
const resting = ['done', 'failed', 'cancelled', 'waiting', 'paused']

export type BundleClient = ReturnType<typeof bundleClient>

/** Bundles over the management API, with jobs that are waited for. */
export function bundleClient(api: ApiClient) {
  const rested = (id: string) =>
    until('the job to end', async () => {
      const job = (await api.get(`${area}/jobs/${id}`)) as Job
      return resting.includes(job.progress.state) ? job : undefined
    })
  const run = async (what: string, body: Facts) => {
    const { id } = (await api.post(`${area}/bundles/${what}`, body, 202)) as Job
    return rested(id)
  }
  return {
    rested,
    plan: async (body: Facts) =>
      (await api.post(`${area}/bundles/plans`, body)) as z.output<typeof BundlePlan>,
    begin: async (what: 'exports' | 'imports' | 'verify', body: Facts) =>
      (await api.post(`${area}/bundles/${what}`, body, 202)) as Job,
    export: (body: Facts) => run('exports', body),
    import: (body: Facts) => run('imports', body),
    verify: (body: Facts) => run('verify', body),
    inspect: async (body: Facts) => (await api.post(`${area}/bundles/inspect`, body)) as Inspection,
    trusted: async () => (await api.get(`${area}/trust-anchors`)) as Trusted,
    trust: (name: string, publicKey: string) =>
      api.post(`${area}/trust-anchors`, { name, public_key: publicKey }, 201),
  }
}
