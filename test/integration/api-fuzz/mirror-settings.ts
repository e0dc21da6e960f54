import type { Setting, Values } from './settings.ts'
import type { Stage } from './stage.ts'

type Set = (stage: Stage, values: Values) => Promise<Partial<Setting>> | Partial<Setting>

/** Nobody is there, and nobody is asked before the time has come. */
const upstream = {
  external_reference: 'upstream.invalid/acme/web',
  sync_interval: 86_400,
  sync_start_date: '2099-01-01T00:00:00Z',
  rule_value: ['v*'],
  skopeo_timeout_interval: 300,
  robot_username: 'harbour+deploy',
}
const credentials = { external_registry_username: 'ada', external_registry_password: 'secret' }
const notHere = ['architecture_filter', 'platforms', 'semver', 'signature_keys']
const rules = { calendar: ['mon-fri@02:00'], windows: ['22:00-06:00'], rate: '2MB/s' }

/** A repository that is mirrored. */
async function mirrored(stage: Stage): Promise<string> {
  const repository = await stage.repository()
  const { rule_value, ...rest } = upstream
  const root_rule = { rule_kind: 'tag_glob_csv', rule_value }
  await stage.admin.post(`/api/v1/repository/${repository}/mirror`, { ...rest, root_rule }, 201)
  return repository
}

const ofMirror: Set = async (stage) => ({
  as: stage.world.superuser,
  values: { repository: await mirrored(stage) },
  without: notHere,
})

export const mirrorSettings: Readonly<Record<string, Set>> = {
  getRepoMirrorConfig: ofMirror,
  createRepoMirrorConfig: async (stage) => ({
    values: { ...upstream, ...credentials, repository: await stage.repository() },
    without: notHere,
  }),
  changeRepoMirrorConfig: async (stage) => ({
    values: { ...upstream, ...credentials, repository: await mirrored(stage) },
    without: notHere,
  }),
  syncNow: ofMirror,
  syncCancel: async (stage) => {
    const repository = await mirrored(stage)
    await stage.admin.post(`/api/v1/repository/${repository}/mirror/sync-now`, undefined, 204)
    return { values: { repository } }
  },
  getRepositoryMirrorHealth: ({ world }) => ({ as: world.superuser, values: {} }),
  changeMirrors: async (stage) => ({
    values: { action: 'pause', repositories: [await mirrored(stage)] },
  }),
  getMirrorDetails: ofMirror,
  changeMirrorRules: async (stage, values) => {
    const setting = await ofMirror(stage, values)
    return { ...setting, values: { ...setting.values, ...rules } }
  },
  deleteMirror: ofMirror,
  listMirrorRuns: ofMirror,
  listMirrorTags: ofMirror,
  listMirrorLog: ofMirror,
  // No mirror follows it, so that nobody is waited for.
  changeUpstream: () => ({ values: { ...credentials, host: 'nobody.invalid' } }),
  testUpstream: () => ({ values: { host: 'nobody.invalid' } }),
  // Refused at once, as it leads inside.
  previewMirrorTags: () => ({ values: { external_reference: '10.0.0.1/acme/web' } }),
  estimateRepositoryMirror: () => ({ values: { external_reference: '10.0.0.1/acme/web' } }),
  previewRepositoryMirrorTags: () => ({ values: { external_reference: '10.0.0.1/acme/web' } }),
}
