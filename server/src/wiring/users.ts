import { createAccountRemovalService } from '../features/accounts/account-removal-service.ts'
import { createClientKeyService } from '../features/accounts/client-key-service.ts'
import { currentUserApi } from '../features/accounts/current-user-api.ts'
import { createEmailConfirmationService } from '../features/accounts/email-confirmation-service.ts'
import { createFirstUserService } from '../features/accounts/first-user-service.ts'
import { createPeopleAdminService } from '../features/accounts/people-admin-service.ts'
import { createProfileService } from '../features/accounts/profile-service.ts'
import { createSignUpService } from '../features/accounts/sign-up-service.ts'
import { superuserUsersApi } from '../features/accounts/superuser-users-api.ts'
import { createUserView } from '../features/accounts/user-view-service.ts'
import { usersApi } from '../features/accounts/users-api.ts'
import { appTokenApi } from '../features/app-tokens/app-token-api.ts'
import { removeExpiredTokens } from '../features/app-tokens/remove-expired-tokens.ts'
import { createAccountMails } from '../features/mail/account-mails.ts'
import { notificationApi } from '../features/notifications/notification-api.ts'
import { sessionApi } from '../features/sessions/session-api.ts'
import { createSignInService } from '../features/sessions/sign-in-service.ts'
import { Worker, type Step } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

const secondMs = 1_000
const hourMs = 3_600_000

/** Accounts of people: signing in, profiles, tokens, notifications, superuser calls. */
export function wireUsers({ parts, people, avatars, pageTokens }: Foundation): Area {
  const { config, clock, random, log } = parts
  const { db } = parts.database
  const { accounts, access, audit, credentials, encryptedPasswords, organizations } = people
  const { accessTimes, appTokens, notifications, namespaceDeletion, passwords } = people
  const { recoveryCodes } = people

  const mails = createAccountMails({ mail: people.mail, config })
  const confirmations = createEmailConfirmationService({
    ...{ db, clock, random, audit, mails, config },
  })
  const signUps = createSignUpService({ db, accounts, confirmations, config })
  const removals = createAccountRemovalService({ db, clock, random, audit, namespaceDeletion })
  const quota = people.quotaReports
  const view = createUserView({ db, access, avatars, quota, config })
  const principalOf = accounts.principalOf

  return {
    routes: [
      ...sessionApi({
        signIns: createSignInService({
          ...{ accounts, credentials, signUps, recoveryCodes, audit, config },
        }),
        accounts,
        confirmations,
      }),
      ...currentUserApi({
        profiles: createProfileService({
          ...{ db, random, passwords, audit, mails, confirmations, config },
        }),
        clientKeys: createClientKeyService({ db, credentials, encryptedPasswords, audit }),
        ...{ signUps, removals, credentials, view, principalOf },
      }),
      ...usersApi({
        firstUsers: createFirstUserService({
          ...{ db, clock, random, accounts },
          drawToken: (account) => people.automationTokens.draw(account),
        }),
        ...{ accounts, confirmations, encryptedPasswords, view },
      }),
      ...superuserUsersApi({
        people: createPeopleAdminService({ db, random, accounts, audit, confirmations, config }),
        ...{ organizations, removals, encryptedPasswords, avatars, pageTokens },
        ...{ quota, principalOf },
      }),
      ...appTokenApi({ tokens: appTokens }),
      ...notificationApi({ notifications }),
    ],
    workers:
      config.registryState === 'readonly'
        ? []
        : [
            worker('access-times', 5 * secondMs, () => accessTimes.write()),
            worker('email-confirmations', hourMs, () => confirmations.removeExpired()),
            ...(config.appTokens.keepExpiredMs === undefined
              ? []
              : [
                  worker(
                    'app-tokens',
                    hourMs,
                    removeExpiredTokens({ db, clock, keepMs: config.appTokens.keepExpiredMs }),
                  ),
                ]),
          ],
  }

  function worker(name: string, everyMs: number, step: Step): Worker {
    return new Worker({ name, step, everyMs, log })
  }
}
