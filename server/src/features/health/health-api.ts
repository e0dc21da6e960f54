import { hostname } from 'node:os'
import {
  getAppCapabilities,
  getChangePassword,
  getEndToEndHealth,
  getHealth,
  getHealthWarning,
  getInstanceHealth,
  getInternalPing,
  getStatus,
} from '../../contract/health.ts'
import type { AccessService } from '../access/access-service.ts'
import { reply, route, type ApiCaller, type ApiRoute } from '../api/api-call.ts'
import { refusal } from '../api/authorize-service.ts'
import type { Health, HealthService } from './health-service.ts'

/** What load balancers and monitors ask, open to everybody; superusers are told more. */
export function healthApi({
  health,
  access,
  baseUrl,
}: {
  health: HealthService
  access: AccessService
  /** Of the links that are handed out. */
  baseUrl: string
}): readonly ApiRoute[] {
  function present({ services, status_code }: Health, { principal }: ApiCaller) {
    const data = access.isSuperUser(principal) ? { services, ...details(services) } : { services }
    return reply(status_code, { data, status_code })
  }
  const instance = async ({ caller }: { caller: ApiCaller }) =>
    present(await health.instance(), caller)
  const endToEnd = async ({ caller }: { caller: ApiCaller }) =>
    present(await health.endToEnd(), caller)

  return [
    route(getHealth, instance),
    route(getInstanceHealth, instance),
    route(getEndToEndHealth, endToEnd),
    route(getStatus, endToEnd),
    route(getHealthWarning, async ({ caller }) => present(await health.warning(), caller)),

    route(getInternalPing, () =>
      Promise.resolve(reply(200, 'true' as const, { 'Content-Type': 'text/html; charset=utf-8' })),
    ),
    route(getAppCapabilities, () => Promise.resolve(appCapabilities(baseUrl))),
    route(getChangePassword, ({ caller }) => {
      if (caller.kind !== 'session') throw refusal(caller.principal)
      const name = encodeURIComponent(caller.principal.username)
      return Promise.resolve(
        reply(302, undefined, { Location: `${baseUrl}/user/${name}?tab=settings` }),
      )
    }),
  ]
}

function details(services: Health['services']) {
  return {
    services_expanded: Object.fromEntries(
      Object.entries(services).map(([name, status]) => [name, { status }]),
    ),
    notes: [],
    hostname: hostname(),
    config_provider: 'file',
    local_service_key_id: null,
    is_testing: false,
  }
}

function appCapabilities(baseUrl: string) {
  const repository = `${baseUrl}/api/v1/repository/{namespace}/{reponame}`
  return {
    appName: 'io.quay',
    capabilities: {
      'io.quay.view-image': { 'url-template': `${baseUrl}/{namespace}/{reponame}:{tag}` },
      'io.quay.image-security': {
        'rest-api-template': `${repository}/image/{imageid}/security`,
      },
      'io.quay.manifest-security': {
        'rest-api-template': `${repository}/manifest/{digest}/security`,
      },
    },
  }
}
