import {
  createProxyCacheConfig,
  deleteProxyCacheConfig,
  getProxyCacheConfig,
  validateProxyCacheConfig,
} from '../../contract/proxy-cache.ts'
import { route, type ApiRoute, type Call } from '../api/api-call.ts'
import type { NewProxyCache, ProxyCacheService } from './proxy-cache-service.ts'

type Body = Call<typeof createProxyCacheConfig>['body']

const defaultExpirationSeconds = 86_400

export function proxyCacheApi({
  proxyCaches,
}: {
  proxyCaches: ProxyCacheService
}): readonly ApiRoute[] {
  return [
    route(getProxyCacheConfig, async ({ organization }) => {
      const row = await proxyCaches.find(organization.id)
      return row === undefined
        ? { upstream_registry: '', expiration_s: '' as const, insecure: '' as const }
        : {
            upstream_registry: row.upstream_registry,
            expiration_s: row.expiration_s,
            insecure: row.insecure === 1,
          }
    }),
    route(createProxyCacheConfig, async ({ organization, body, actor }) => {
      await proxyCaches.create(organization, readBody(body), actor)
      return 'Created' as const
    }),
    route(deleteProxyCacheConfig, async ({ organization, actor }) => {
      await proxyCaches.delete(organization, actor)
      return 'Deleted' as const
    }),
    route(validateProxyCacheConfig, ({ organization, body }) =>
      proxyCaches.validate(organization, readBody(body)),
    ),
  ]
}

/** A name or a password that is empty is none. */
function readBody(body: Body): NewProxyCache {
  const username = body.upstream_registry_username ?? ''
  const password = body.upstream_registry_password ?? ''
  return {
    upstreamRegistry: body.upstream_registry.trim(),
    credentials: username === '' && password === '' ? undefined : { username, password },
    expirationSeconds: body.expiration_s ?? defaultExpirationSeconds,
    plainHttp: body.insecure ?? false,
  }
}
