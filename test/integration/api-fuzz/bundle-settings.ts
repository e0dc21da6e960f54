import { bundleClient } from '../../support/bundle-client.ts'
import { createMinisignKey } from '../../support/minisign-key.ts'
import type { Setting } from './settings.ts'
import type { Stage } from './stage.ts'

type Set = (stage: Stage) => Promise<Partial<Setting>> | Partial<Setting>

const area = '/api/v1/mooring'
const bundles = new WeakMap<Stage, Promise<string>>()

const selectionOf = ({ world }: Stage) => ({ repositories: [{ name: world.home.repository }] })

/** One bundle that every call may look at. */
async function aBundle(stage: Stage): Promise<string> {
  const made =
    bundles.get(stage) ??
    bundleClient(stage.quay)
      .export({ selection: selectionOf(stage) })
      .then(({ path }) => path ?? '')
  bundles.set(stage, made)
  return made
}

const notAsked = [
  ...['base', 'platforms', 'volume_size', 'rate', 'to', 'stream', 'encrypt', 'upstreams'],
]

const content: Set = (stage) => ({
  values: { selection: selectionOf(stage) },
  without: notAsked,
})

const ofSource: Set = async (stage) => ({
  values: { source: { path: await aBundle(stage) } },
  without: ['map', 'policy', 'identity'],
})

/** Those that take their time keep others waiting. */
async function endJobs({ quay }: Stage): Promise<void> {
  const { jobs } = (await quay.get(`${area}/jobs`)) as {
    jobs: { id: string; progress: { state: string } }[]
  }
  const resting = ['done', 'failed', 'cancelled']
  for (const { id, progress } of jobs) {
    if (!resting.includes(progress.state)) await quay.request('POST', `${area}/jobs/${id}/cancel`)
  }
}

/** A job that takes its time. */
const slowJob: Set = async (stage) => {
  await endJobs(stage)
  const { id } = await bundleClient(stage.quay).begin('exports', {
    ...{ selection: selectionOf(stage), rate: '1b/s', format: 'tar' },
  })
  return { values: { job_id: id } }
}

const pausedJob: Set = async (stage) => {
  const setting = await slowJob(stage)
  await stage.quay.post(`${area}/jobs/${String(setting.values?.['job_id'])}/pause`)
  return setting
}

const anUpload: Set = async ({ quay }) => {
  const { uploads } = (await quay.get(`${area}/bundles/uploads`)) as { uploads: { id: string }[] }
  for (const { id } of uploads) await quay.request('DELETE', `${area}/bundles/uploads/${id}`)
  const { id } = (await quay.post(`${area}/bundles/uploads`, undefined, 201)) as { id: string }
  return { values: { upload_id: id, name: 'oci-layout' } }
}

const kept: Set = (stage) => ({
  values: { name: stage.next('selection'), selection: selectionOf(stage) },
  without: [...notAsked, 'format', 'directory', 'calendar'],
})

/** One of its own: there are not to be too many. */
const aSelection: Set = async ({ quay, next, ...stage }) => {
  const path = `${area}/bundles/selections`
  const { selections } = (await quay.get(path)) as { selections: { id: string }[] }
  for (const { id } of selections) await quay.request('DELETE', `${path}/${id}`)
  const body = { name: next('selection'), selection: selectionOf({ quay, next, ...stage }) }
  const { id } = (await quay.post(path, body, 201)) as { id: string }
  return { values: { selection_id: id } }
}

/** What calls about bundles need. */
export const bundleSettings: Readonly<Record<string, Set>> = {
  createBundleSelection: kept,
  getBundleSelection: aSelection,
  deleteBundleSelection: aSelection,
  async changeBundleSelection(stage) {
    const { values } = await aSelection(stage)
    const setting = await kept(stage)
    return { ...setting, values: { ...setting.values, ...values } }
  },
  async runBundleSelection(stage) {
    await endJobs(stage)
    return aSelection(stage)
  },
  planBundle: content,
  startBundleExport: content,
  inspectBundle: ofSource,
  startBundleVerification: ofSource,
  startBundleImport: ofSource,
  describeBundleClients: () => ({ values: { map: ['quay.io/(.*)=mirror/$1'] } }),
  startBundleUpload: anUpload,
  getBundleUpload: anUpload,
  uploadBundleFile: anUpload,
  discardBundleUpload: anUpload,
  getBundleJob: slowJob,
  pauseBundleJob: slowJob,
  cancelBundleJob: slowJob,
  resumeBundleJob: pausedJob,
  downloadBundleVolume: async (stage) => {
    await endJobs(stage)
    const job = await bundleClient(stage.quay).export({
      selection: selectionOf(stage),
      format: 'tar',
    })
    const [volume] = job.result?.kind === 'export' ? job.result.volumes : []
    return { values: { job_id: job.id, name: volume?.name } }
  },
  addReceipt: async ({ quay }) => {
    const { document } = (await quay.get(`${area}/receipt`)) as { document: string }
    return { values: { document }, without: ['summary'] }
  },
  addTrustAnchor: () => ({ values: { public_key: createMinisignKey().text } }),
  removeTrustAnchor: async ({ quay }) => {
    const { keyId, text } = createMinisignKey()
    await quay.post(`${area}/trust-anchors`, { name: 'somebody', public_key: text }, 201)
    return { values: { key_id: keyId } }
  },
}
