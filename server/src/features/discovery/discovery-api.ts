import {
  discovery,
  getErrorDescription,
  getRegistryCapabilities,
} from '../../contract/discovery.ts'
import { Problem } from '../../problem.ts'
import { Reply, route, type ApiRoute } from '../api/api-call.ts'
import type { DiscoveryService } from './discovery-service.ts'
import { errorDescriptions } from './error-descriptions.ts'

const mirroredArchitectures = ['amd64', 'arm64', 'ppc64le', 's390x']

export function discoveryApi({
  descriptions,
  acceptsSparse,
}: {
  descriptions: DiscoveryService
  acceptsSparse: boolean
}): readonly ApiRoute[] {
  return [
    route(discovery, (call) => {
      const { text, etag } = descriptions.describe(call.query.internal ?? false)
      const headers = { ETag: etag, 'Cache-Control': 'no-cache' }
      const known = (call.header('if-none-match') ?? '').split(',').map((one) => one.trim())
      if (known.includes(etag) || known.includes(`W/${etag}`)) {
        return Promise.resolve(new Reply(304, undefined, headers))
      }
      // Written once, sent many times: the text stands for what it says.
      const sent = { ...headers, 'Content-Type': 'application/json' }
      return Promise.resolve(new Reply(200, text, sent) as Reply<never>)
    }),

    route(getErrorDescription, ({ params, origin }) => {
      const { error_type: type } = params
      const description = errorDescriptions.get(type)
      if (description === undefined) throw new Problem('not-found')
      return Promise.resolve({
        type: `${origin}/api/v1/error/${type}`,
        title: type,
        description,
      })
    }),

    route(getRegistryCapabilities, () =>
      Promise.resolve({
        sparse_manifests: {
          supported: acceptsSparse,
          required_architectures: [],
          optional_architectures_allowed: acceptsSparse,
        },
        mirror_architectures: mirroredArchitectures,
      }),
    ),
  ]
}
