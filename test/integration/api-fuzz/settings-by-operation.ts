import { createServiceKeyPair, signAsService } from '../../support/service-key-pair.ts'
import { bundleSettings } from './bundle-settings.ts'
import { certificateSettings } from './certificate-settings.ts'
import { mirrorSettings } from './mirror-settings.ts'
import { notificationSettings } from './notification-settings.ts'
import { orgMirrorSettings } from './org-mirror-settings.ts'
import type { Setting, Values } from './settings.ts'
import { harbour, redirectUri, type Stage } from './stage.ts'

type Set = (stage: Stage, values: Values) => Promise<Partial<Setting>> | Partial<Setting>

const password = 'a-password-of-theirs'
/** Nobody listens there, and nobody asks. */
const upstream = '127.0.0.1:9'
/** Whoever calls may be somebody else afterwards, or nobody. */
const bySpare: Set = async (stage) => {
  const person = await stage.person()
  return { as: person, values: { password: person.password } }
}

const exported: Set = ({ next, emailOf }) => ({
  values: { callback_email: emailOf(next('export')) },
  without: ['callback_url'],
})

const withNotification: Set = async (stage) => {
  const { person } = await stage.invited()
  const [notification] = await stage.notificationsOf(person)
  return { as: person, values: { uuid: notification?.id } }
}

const withInvitation: Set = async (stage) => {
  const { person, code } = await stage.invited()
  return { as: person, values: { code } }
}

const withMissedPull: Set = async (stage) => ({
  values: { missed_pull_id: await stage.missedPull() },
})

const withFederation =
  (base: string): Set =>
  async ({ admin }, { robot_shortname: robot, issuer, subject }) => {
    await admin.post(`${base}/${String(robot)}/federation`, [{ issuer, subject }])
    return {}
  }

const consent: Set = (_stage, { client_id }) => ({
  values: { client_id, redirect_uri: redirectUri, response_type: 'token', scope: 'repo:read' },
  without: ['assignment_uuid'],
})

const submitted: Set = async ({ audience }) => {
  const pair = await createServiceKeyPair()
  const { kid, jwk } = pair
  const token = await signAsService(pair, { audience, service: 'sample' })
  return {
    values: { ...jwk, kid },
    without: ['crv', 'x', 'y', 'rotation'],
    headers: { authorization: `Bearer ${token}` },
  }
}

/** Elsewhere a `format` is that of OAuth. */
const asLines: Set = () => ({ values: { format: 'jsonl' } })

/** What calls need beyond the things that their paths name. What is given here is always sent. */
export const settingsOf: Readonly<Record<string, Set>> = {
  ...bundleSettings,
  ...certificateSettings,
  ...mirrorSettings,
  ...notificationSettings,
  ...orgMirrorSettings,
  downloadRepositoryLogs: asLines,
  downloadUserLogs: asLines,
  downloadOrganizationLogs: asLines,
  downloadRegistryLogs: asLines,
  changeUserDetails: async (stage) => {
    const username = stage.next('renamed')
    const values = { username, password, email: stage.emailOf(username) }
    return { as: await stage.person(), values }
  },
  convertUserToOrganization: async (stage) => ({
    as: await stage.person(),
    values: {
      adminUser: 'reader',
      adminPassword: stage.world.logins.reader.password,
    },
  }),
  deleteCurrentUser: bySpare,
  generateUserClientKey: bySpare,
  logout: bySpare,
  verifyUser: bySpare,
  signinUser: async (stage) => {
    const { username, password: own } = await stage.person()
    return { values: { username, password: own }, without: ['invite_code'] }
  },
  createNewUser: ({ next, emailOf }) => {
    const username = next('signer')
    return { values: { username, password, email: emailOf(username) }, without: ['invite_code'] }
  },
  confirmEmail: async (stage) => ({ values: { code: await stage.confirmationCode() } }),
  requestRecoveryEmail: async (stage) => ({ values: { email: (await stage.person()).email } }),
  recoverAccount: async (stage) => ({ values: { code: await stage.recoveryCode() } }),
  getUserNotification: withNotification,
  updateUserNotification: withNotification,
  acceptOrganizationTeamInvite: withInvitation,
  declineOrganizationTeamInvite: withInvitation,

  acknowledgeProblem: () => {
    const until = Math.floor(Date.now() / 1000) + 3_600
    return { values: { check_id: 'space', note: 'known', until } }
  },
  setKioskPin: () => ({ values: { pin: '2468' } }),
  unlockKiosk: () => ({ values: { pin: '2468' } }),
  resumeWork: () => ({ values: { work: 'registry-size' } }),
  withdrawAcknowledgement: () => ({ values: { check_id: 'space' } }),
  cancelUpload: async (stage) => ({ values: { upload_id: await stage.upload() } }),
  getEvents: ({ world: { logins } }) => ({
    as: logins.reader,
    values: { topics: 'notifications' },
  }),
  markNotificationRead: withNotification,

  createInstallUser: ({ next, emailOf }) => {
    const username = next('made')
    return { values: { username, email: emailOf(username) } }
  },
  changeInstallUser: ({ next, emailOf }) => ({ values: { password, email: emailOf(next('to')) } }),
  deleteGlobalMessage: async (stage) => ({ values: { uuid: await stage.message() } }),
  createOrganization: ({ next, emailOf }) => {
    const name = next('org')
    return { values: { name, email: emailOf(name) } }
  },
  createOrganizationPrototypePermission: () => ({ values: { name: 'member' } }),
  createProxyCacheConfig: async (stage) => ({
    values: { orgname: await stage.organization(), upstream_registry: upstream },
  }),
  deleteProxyCacheConfig: async (stage) => {
    const orgname = await stage.organization()
    const body = { upstream_registry: upstream }
    await stage.admin.post(`/api/v1/organization/${orgname}/proxycache`, body, 201)
    return { values: { orgname } }
  },
  updateMissedPull: withMissedPull,
  deleteMissedPull: withMissedPull,
  deleteTeamMemberEmailInvite: async ({ admin }, { teamname, email }) => {
    await admin.put(`${harbour}/team/${String(teamname)}/invite/${String(email)}`)
    return {}
  },
  deleteOrgRobotFederation: withFederation(`${harbour}/robots`),
  deleteUserRobotFederation: withFederation('/api/v1/user/robots'),
  exportOrgLogs: exported,
  exportRepoLogs: exported,
  exportUserLogs: exported,
  getExportedLogs: async (stage) => ({ values: { file_id: await stage.exportedLogs() } }),

  createRepo: ({ next }) => ({ values: { namespace: 'harbour', repository: next('repo') } }),
  createStar: () => ({ values: { namespace: 'harbour', repository: 'private' } }),
  deleteStar: async ({ admin }, { repository: fullName }) => {
    const [namespace, repository] = String(fullName).split('/')
    await admin.post('/api/v1/user/starred', { namespace, repository }, 201)
    return {}
  },
  restoreTag: (_stage, { manifestref }) => ({ values: { manifest_digest: manifestref } }),
  removeTagFromTimemachine: (_stage, { manifestref }) => ({
    values: { manifest_digest: manifestref, is_alive: true },
  }),

  getUserAuthorization: ({ world: { home } }) => ({
    values: { access_token_uuid: home.token_uuid },
  }),
  deleteUserAuthorization: async (stage) => ({
    values: { access_token_uuid: await stage.applicationToken(stage.world.home.client_id) },
  }),
  deleteAssignedAuthorization: async (stage) => {
    const { person, uuid } = await stage.assigned()
    return { as: person, values: { assigned_authorization_uuid: uuid } }
  },
  requestOAuthAuthorization: consent,
  authorizeOAuthApplication: consent,
  denyOAuthApplication: consent,
  assignOAuthToken: async (stage, values) => {
    const { values: asked } = await consent(stage, values)
    return { values: { ...asked, username: 'member' } }
  },
  exchangeOAuthCode: async (stage) => {
    const { code, clientId, secret } = await stage.oauthCode()
    return {
      values: {
        ...{ grant_type: 'authorization_code', client_id: clientId, client_secret: secret },
        ...{ redirect_uri: redirectUri, code, scope: 'repo:read' },
      },
    }
  },
  exchangeRobotToken: async (stage) => ({
    headers: { authorization: await stage.federatedRobot() },
  }),
  putPublicKey: submitted,
  deletePublicKey: async (stage, values) => {
    const setting = await submitted(stage, values)
    const { kid, ...jwk } = setting.values ?? {}
    await stage.submitKey(String(kid), { kid, ...jwk }, setting.headers ?? {})
    return setting
  },
}
