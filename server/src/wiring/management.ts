import { featureSwitches } from '../config/feature-switches.ts'
import { createAvatars } from '../features/accounts/avatar.ts'
import type { ApiRoute } from '../features/api/api-call.ts'
import { createApiIdentity } from '../features/api/api-identity-service.ts'
import { createApiPipeline } from '../features/api/api-pipeline.ts'
import { apiRouter, type ApiRequestLog } from '../features/api/api-router.ts'
import { createAuthorizer } from '../features/api/authorize-service.ts'
import { createPageTokens } from '../features/api/page-token-service.ts'
import { messageApi } from '../features/messages/message-api.ts'
import { createMessageService } from '../features/messages/message-service.ts'
import type { Metrics } from '../features/metrics/metrics.ts'
import { createSessionService } from '../features/sessions/session-service.ts'
import { LiveExchange } from '../http/live-exchange.ts'
import type { UpstreamClient } from '../upstream/upstream.ts'
import type { AccountServices } from './accounts.ts'
import type { Parts } from '../wiring.ts'
import type { Area, Foundation } from './area.ts'
import { wireBundles } from './bundles.ts'
import { certificateRoutes } from './certificates.ts'
import { wireConfiguration } from './configuration.ts'
import { wireContent } from './content.ts'
import { wireInsight } from './insight.ts'
import { wireInterface } from './interface.ts'
import type { ContentServices } from './content-services.ts'
import type { Copying } from './copying.ts'
import type { Live } from './live.ts'
import { wireMirrors } from './mirrors.ts'
import { wireOAuth } from './oauth.ts'
import { wireOrgMirrors } from './org-mirrors.ts'
import { wireOrganizations } from './organizations.ts'
import { proxyCacheRoutes, type Proxying } from './proxy-cache.ts'
import { wireRepoNotifications } from './repo-notifications.ts'
import { wireRepositories } from './repositories.ts'
import { wireUsers } from './users.ts'

/** The management API: every area's routes behind one door. */
export function wireManagement(
  parts: Parts,
  people: AccountServices,
  metrics: Metrics,
  nextRequestId: () => string,
  live: Live,
  copying: Copying,
  { upstreams, proxying }: { upstreams: UpstreamClient; proxying: Proxying },
) {
  const { config, database, clock, random, log } = parts
  const sessions = createSessionService({ config, clock, random })
  const foundation: Foundation = {
    parts,
    people,
    avatars: createAvatars(config.interface),
    pageTokens: createPageTokens({ config, clock, random }),
    metrics,
    live,
    copying,
    upstreams,
  }
  const { mirrors, mirrorViews, ...mirroring } = wireMirrors(foundation)
  const { proxyCaches, ...caching } = proxyCacheRoutes(foundation, proxying)
  const content: ContentServices = {
    ...(mirrors && { mirrors }),
    ...(mirrorViews && { mirrorViews }),
    proxyCaches,
    flush: () => database.flush(),
  }
  const areas: readonly Area[] = [
    wireUsers(foundation),
    wireOrganizations(foundation),
    wireRepositories(foundation),
    wireRepoNotifications(foundation),
    wireContent(foundation),
    mirroring,
    wireInterface(foundation),
    wireConfiguration(foundation),
    wireOAuth(foundation),
    certificateRoutes(foundation),
    wireInsight(foundation, () => served.map(({ endpoint }) => endpoint)),
    wireOrgMirrors(foundation),
    wireBundles(foundation),
    caching,
    { routes: messageApi({ messages: createMessageService({ db: database.db, random }) }) },
  ]
  const pipeline = createApiPipeline({
    identity: createApiIdentity({
      accounts: people.accounts,
      sessions,
      credentials: people.credentials,
      verifyOAuthToken: (token) => people.oauthTokens.verify(token),
      seen: (id) => {
        people.accessTimes.touch('account', id)
      },
    }),
    authorizer: createAuthorizer(people),
    sessions,
    flush: () => database.flush(),
    switches: {
      anonymousAccess: config.features.anonymousAccess,
      get readOnly() {
        return live.mode.isOn()
      },
      xhrOnly: config.sessions.xhrOnly,
    },
  })
  const observe: ApiRequestLog = (
    { method, requestId, clientAddress },
    { path, operationId, status, milliseconds, username },
  ) => {
    log.info(
      { requestId, method, path, operationId, status, milliseconds, clientAddress, username },
      'api request',
    )
    metrics.requestDuration.observe(
      { method, route: operationId, status: String(status), namespace_name: '' },
      milliseconds / 1000,
    )
  }
  const switches = featureSwitches(config.features)
  const isOn = ({ endpoint }: ApiRoute) =>
    (endpoint.switches ?? []).every((name) =>
      name === 'PERMANENTLY_DELETE_TAGS'
        ? config.timeMachine.permanentlyDeleteTags
        : switches.get(name) === true,
    )
  const served = areas.flatMap(({ routes }) => routes).filter(isOn)
  return {
    ...apiRouter({
      routes: served,
      pipeline,
      corsOrigins: config.corsOrigins,
      open: (req, res) =>
        new LiveExchange(req, res, { requestId: nextRequestId(), trust: config, log }),
      clock,
      observe,
    }),
    content,
    workers: areas.flatMap(({ workers = [] }) => workers),
  }
}
