import { clientConfigApi } from '../features/client-config/client-config-api.ts'
import { applicationApi } from '../features/oauth/application-api.ts'
import { applicationTokenApi } from '../features/oauth/application-token-api.ts'
import { createApplicationTokenService } from '../features/oauth/application-token-service.ts'
import { authorizationApi } from '../features/oauth/authorization-api.ts'
import { createAuthorizationService } from '../features/oauth/authorization-service.ts'
import { createCodeExchangeService } from '../features/oauth/code-exchange-service.ts'
import { createConsentService } from '../features/oauth/consent-service.ts'
import { createLocalTokens } from '../features/oauth/local-token-service.ts'
import { oauthWebApi } from '../features/oauth/oauth-web-api.ts'
import { keyServerApi } from '../features/service-keys/key-server-api.ts'
import { createKeyServerService } from '../features/service-keys/key-server-service.ts'
import { removeOldKeys } from '../features/service-keys/remove-old-keys.ts'
import { serviceKeyApi } from '../features/service-keys/service-key-api.ts'
import { createServiceKeyService } from '../features/service-keys/service-key-service.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import { createIssuerKeys } from '../features/tokens/issuer-keys-service.ts'
import { robotExchangeApi } from '../features/tokens/robot-exchange-api.ts'
import { createRobotExchangeService } from '../features/tokens/robot-exchange-service.ts'
import { createRobotTokens } from '../features/tokens/robot-token.ts'
import { readVersion } from '../platform/version.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

const writeLastAccessedEveryMs = 10_000
const removeExpiredEveryMs = 3_600_000
const removeOldKeysEveryMs = 600_000

/** OAuth applications and tokens, service keys, the pages around sessions. */
export function wireOAuth({ parts, people, avatars, pageTokens, live }: Foundation): Area {
  const { config, clock, random, log } = parts
  const { db } = parts.database
  const { access, accounts, audit, notifications, oauthTokens, applications } = people
  const tokens = createApplicationTokenService({
    ...{ db, clock, applications, oauthTokens, audit, config },
  })
  const authorizations = createAuthorizationService({ db, clock, oauthTokens, notifications })
  const consent = createConsentService({
    ...{ db, clock, random, access, accounts, applications, oauthTokens, notifications, audit },
    config,
  })
  const codes = createCodeExchangeService({ db, clock, accounts, applications, oauthTokens })
  const localTokens = createLocalTokens({ config, clock, random })

  const serviceKeys = createServiceKeyService({ db, clock, audit, notifications })
  const keyServer = createKeyServerService({ db, clock, audit, notifications, config })

  const robotExchange = createRobotExchangeService({
    ...{ db, clock, audit, log, config },
    issuers: createIssuerKeys({
      outgoing: createOutgoingService({ config: config.outgoing }),
      clock,
    }),
    robotTokens: createRobotTokens({ key: parts.key, audience: config.serverHostname, clock }),
  })

  const lastAccessed = new Worker({
    name: 'oauth-last-accessed',
    step: () => oauthTokens.writeLastAccessed(),
    everyMs: writeLastAccessedEveryMs,
    log,
  })
  const removeExpired = new Worker({
    name: 'oauth-expired',
    step: async () => {
      if (config.registryState === 'readonly') return 'idle'
      const found = [await oauthTokens.removeExpired(), await codes.removeExpired()]
      return found.includes('more') ? 'more' : 'idle'
    },
    everyMs: removeExpiredEveryMs,
    log,
  })
  const oldKeys = new Worker({
    name: 'service-keys',
    step: removeOldKeys({ db, clock, notifications, config }),
    everyMs: removeOldKeysEveryMs,
    log,
  })
  return {
    routes: [
      ...applicationApi({ applications, accounts, access, avatars }),
      ...applicationTokenApi({ tokens, access, pageTokens, config }),
      ...authorizationApi({ authorizations, avatars, config }),
      ...oauthWebApi({ consent, codes, localTokens, avatars, config }),
      ...clientConfigApi({
        config,
        version: `Mooring v${readVersion()}`,
        isReadOnly: () => live.mode.isOn(),
      }),
      ...robotExchangeApi({ robotExchange }),
      ...serviceKeyApi({ keys: serviceKeys, accounts, avatars }),
      ...keyServerApi({ keys: keyServer }),
    ],
    workers: [lastAccessed, removeExpired, oldKeys],
  }
}
