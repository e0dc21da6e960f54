import { messagePage } from '../features/oauth/oauth-pages.ts'
import { createBell } from '../features/repo-notifications/bell-service.ts'
import { createDeliver } from '../features/repo-notifications/delivery-service.ts'
import { deliveryStore } from '../features/repo-notifications/delivery-store.ts'
import { createDeliveryWork } from '../features/repo-notifications/delivery-worker.ts'
import { watchImageExpiry } from '../features/repo-notifications/image-expiry-service.ts'
import { createNotificationCaller } from '../features/repo-notifications/notification-caller.ts'
import { createNotificationMetrics } from '../features/repo-notifications/notification-metrics.ts'
import { repoEmailApi } from '../features/repo-notifications/repo-email-api.ts'
import { createRepoEmails } from '../features/repo-notifications/repo-email-service.ts'
import { repoNotificationApi } from '../features/repo-notifications/repo-notification-api.ts'
import { createRepoNotifications } from '../features/repo-notifications/repo-notification-service.ts'
import { createNotificationSender } from '../features/repo-notifications/send-notification.ts'
import { webhookAddresses } from '../features/repo-notifications/webhook-address.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

/** What is queued here is sent at once; this finds what others queued, and what is due again. */
const lookEveryMs = 2_000

/** What repositories tell about themselves, and to whom. */
export function wireRepoNotifications({ parts, people, live, metrics: common }: Foundation): Area {
  const { config, database, certificates, clock, random, log } = parts
  const { db } = database
  const { secretBox, audit, mail, repoEvents: events, tagRules } = people
  const { sendTimeoutMs: timeoutMs, expiryEveryMs } = config.notifications
  const bell = createBell({ notifications: people.notifications })
  const addresses = webhookAddresses(config.outgoing)
  const caller = createNotificationCaller({ addresses, proxy: config.upstreamProxy, timeoutMs })
  const isResting = () => live.mode.isOn()
  const metrics = createNotificationMetrics(common.registry, {
    waiting: () => deliveryStore(db).countDue(clock.now()),
    sending: () => work.count(),
  })
  const deliver = createDeliver({
    ...{ db, clock, log, elapsed: startStopwatch, secretBox, bell, addresses, timeoutMs },
    ...{
      asked: (isOurs) => {
        metrics.asked(isOurs)
      },
      match: (pattern, text) => tagRules.matcher.match(pattern, text),
    },
    send: createNotificationSender({
      ...{ caller, mail, config },
      pair() {
        const pair = config.urlScheme === 'https' ? certificates.served.current() : undefined
        return pair && { cert: pair.certificatePem, key: pair.keyPem }
      },
    }),
  })
  const work = createDeliveryWork({ db, clock, elapsed: startStopwatch, deliver, isResting })
  const worker = new Worker({
    ...{ name: 'notifications', step: work.step, everyMs: lookEveryMs, log },
    pausing: 'at-once',
  })
  events.onQueued((amount) => {
    metrics.queued(amount)
    worker.wake()
  })
  const expiry = new Worker({
    name: 'image-expiry',
    step: watchImageExpiry({ db, clock, events, everyMs: expiryEveryMs, isResting }),
    everyMs: config.collection.everyMs,
    log,
    pausing: 'at-once',
  })
  const notifications = createRepoNotifications({
    ...{ db, clock, random, secretBox, audit, bell, events, addresses },
  })
  const emails = createRepoEmails({ db, clock, random, mail, config })
  const workers = config.features.imageExpiryTrigger ? [worker, expiry] : [worker]
  return {
    routes: [
      ...repoNotificationApi({ notifications }),
      ...repoEmailApi({ emails, page: messagePage }),
    ],
    workers: config.registryState === 'readonly' ? [] : workers,
  }
}
