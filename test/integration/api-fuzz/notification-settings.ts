import type { Setting, Values } from './settings.ts'
import type { Stage } from './stage.ts'

type Set = (stage: Stage, values: Values) => Promise<Partial<Setting>> | Partial<Setting>

/** Nobody is there. */
const config = { url: 'http://receiver.invalid/' }
const wish = { event: 'repo_push', method: 'webhook', config, eventConfig: {} }

async function notified(stage: Stage) {
  const repository = await stage.repository()
  const path = `/api/v1/repository/${repository}/notification/`
  const { uuid } = (await stage.admin.post(path, wish, 201)) as { uuid: string }
  return { repository, uuid }
}

const ofNotification: Set = async (stage) => ({
  as: stage.world.logins.admin,
  values: await notified(stage),
})

async function asked(stage: Stage): Promise<Values> {
  const repository = await stage.repository()
  const email = stage.emailOf(stage.next('asked'))
  await stage.admin.post(`/api/v1/repository/${repository}/authorizedemail/${email}`, {})
  return { repository, email }
}

export const notificationSettings: Readonly<Record<string, Set>> = {
  createRepoNotification: async (stage) => ({
    values: { ...wish, repository: await stage.repository() },
  }),
  getRepoNotification: ofNotification,
  resetRepositoryNotificationFailures: ofNotification,
  deleteRepoNotification: ofNotification,
  testRepoNotification: ofNotification,
  listNotificationDeliveries: ofNotification,
  resendNotificationDelivery: async (stage) => {
    const { repository, uuid } = await notified(stage)
    await stage.admin.post(`/api/v1/repository/${repository}/notification/${uuid}/test`, {})
    const path = `/api/v1/mooring/repository/${repository}/notification/${uuid}/deliveries`
    const { deliveries } = (await stage.admin.get(path)) as { deliveries: { id: string }[] }
    const delivery = deliveries[0]?.id
    return { as: stage.world.logins.admin, values: { repository, uuid, delivery } }
  },
  checkRepoEmailAuthorized: async (stage) => ({ values: await asked(stage) }),
  sendAuthorizeRepoEmail: async (stage) => ({ values: await asked(stage) }),
  confirmRepoEmail: async (stage) => ({ values: { code: await stage.repoEmailCode() } }),
}
