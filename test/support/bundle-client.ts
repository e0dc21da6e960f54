import type { z } from 'zod'
import type { BundleJob, BundlePlan } from '@mooring/server/contract/mooring-bundle-values'
import type {
  getReceipt,
  listBundleRequests,
  listLedger,
  listTrustAnchors,
} from '@mooring/server/contract/mooring-bundle-trust'
import type {
  describeBundleClients,
  inspectBundle,
  listBundles,
} from '@mooring/server/contract/mooring-bundles'
import type { listBundleSelections } from '@mooring/server/contract/mooring-bundle-selections'
import type { ApiClient } from './api-client.ts'
import { until } from './until.ts'

type Job = z.output<typeof BundleJob>
type Answer<E extends { responses: { 200: z.ZodType } }> = z.output<E['responses'][200]>
type Facts = Readonly<Record<string, unknown>>

const area = '/api/v1/mooring'
const resting = ['done', 'failed', 'cancelled', 'waiting', 'paused']

export type BundleJobAnswer = Job
export type BundleClient = ReturnType<typeof bundleClient>

/** Bundles over the management API, with jobs that are waited for. */
export function bundleClient(api: ApiClient) {
  const rested = (id: string) =>
    until('the job to end', async () => {
      const job = (await api.get(`${area}/jobs/${id}`)) as Job
      return resting.includes(job.progress.state) ? job : undefined
    })
  const begin = async (what: 'exports' | 'imports' | 'verify', body: Facts) =>
    (await api.post(`${area}/bundles/${what}`, body, 202)) as Job
  const run = async (what: 'exports' | 'imports' | 'verify', body: Facts) =>
    rested((await begin(what, body)).id)
  const get = async <T>(path: string) => (await api.get(`${area}/${path}`)) as T
  return {
    begin,
    rested,
    job: (id: string) => get<Job>(`jobs/${id}`),
    change: (id: string, how: 'pause' | 'resume' | 'cancel') =>
      api.post(`${area}/jobs/${id}/${how}`),
    bundles: async () => (await get<Answer<typeof listBundles>>('bundles')).bundles,
    resume: (id: string) => api.post(`${area}/jobs/${id}/resume`),
    plan: async (body: Facts) =>
      (await api.post(`${area}/bundles/plans`, body)) as z.output<typeof BundlePlan>,
    export: (body: Facts) => run('exports', body),
    import: (body: Facts) => run('imports', body),
    verify: (body: Facts) => run('verify', body),
    inspect: async (body: Facts) =>
      (await api.post(`${area}/bundles/inspect`, body)) as Answer<typeof inspectBundle>,
    inspectAnyhow: (body: Facts) => api.request('POST', `${area}/bundles/inspect`, body),
    trusted: () => get<Answer<typeof listTrustAnchors>>('trust-anchors'),
    trust: (name: string, publicKey: string) =>
      api.post(`${area}/trust-anchors`, { name, public_key: publicKey }, 201),
    receipt: () => get<Answer<typeof getReceipt>>('receipt'),
    addReceipt: (body: Facts) => api.post(`${area}/receipts`, body, 201),
    ledger: async () => (await get<Answer<typeof listLedger>>('ledger')).entries,
    requests: async () =>
      (await get<Answer<typeof listBundleRequests>>('bundles/requests')).requests,
    request: async (id: string) =>
      (await get<{ document: string }>(`bundles/requests/${id}`)).document,
    clients: async (map: readonly string[]) =>
      (
        (await api.post(`${area}/bundles/client-config`, { map })) as Answer<
          typeof describeBundleClients
        >
      ).files,
    async forgetSelections() {
      const { selections } = await get<Answer<typeof listBundleSelections>>('bundles/selections')
      for (const { id } of selections) await api.delete(`${area}/bundles/selections/${id}`)
    },
    startUpload: async () =>
      (await api.post(`${area}/bundles/uploads`, undefined, 201)) as { id: string },
    async send(id: string, name: string, piece: Buffer, start: number, total: number) {
      const path = `${area}/bundles/uploads/${id}/files/${encodeURIComponent(name)}`
      const end = start + piece.length - 1
      const answer = await api.send('PUT', path, piece, {
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${String(start)}-${String(end)}/${String(total)}`,
      })
      if (answer.status !== 200)
        throw new Error(`upload: ${String(answer.status)} ${answer.text()}`)
    },
  }
}
