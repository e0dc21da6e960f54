import type { Setting, Values } from './settings.ts'
import type { Stage } from './stage.ts'

type Set = (stage: Stage, values: Values) => Promise<Partial<Setting>> | Partial<Setting>

/** Nobody is there, and nobody is asked before the time has come. */
const source = (orgname: string) => ({
  external_registry_url: 'https://upstream.invalid',
  external_namespace: 'acme',
  robot_username: `${orgname}+deploy`,
  visibility: 'private',
  sync_interval: 86_400,
  sync_start_date: '2099-01-01T00:00:00Z',
})
const timeout = { skopeo_timeout: 300 }

async function empty(stage: Stage): Promise<string> {
  const orgname = await stage.organization()
  await stage.admin.put(`/api/v1/organization/${orgname}/robots/deploy`, {}, 201)
  return orgname
}

async function mirrored(stage: Stage): Promise<string> {
  const orgname = await empty(stage)
  const body = { ...source(orgname), external_registry_type: 'quay' }
  await stage.admin.post(`/api/v1/organization/${orgname}/mirror`, body, 201)
  return orgname
}

const ofMirror: Set = async (stage) => ({ values: { orgname: await mirrored(stage) } })

export const orgMirrorSettings: Readonly<Record<string, Set>> = {
  getOrgMirrorConfig: ofMirror,
  createOrgMirrorConfig: async (stage) => {
    const orgname = await empty(stage)
    return { values: { orgname, ...source(orgname), ...timeout } }
  },
  updateOrgMirrorConfig: async (stage) => {
    const orgname = await mirrored(stage)
    return { values: { orgname, ...source(orgname), ...timeout } }
  },
  deleteOrgMirrorConfig: ofMirror,
  syncOrgMirrorNow: ofMirror,
  cancelOrgMirrorSync: ofMirror,
  verifyOrgMirrorConnection: ofMirror,
  listOrgMirrorRepositories: async (stage) => ({
    values: { orgname: await mirrored(stage) },
    without: ['status'],
  }),
}
