import { expect } from 'vitest'
import type { ApiClient } from './api-client.ts'
import { createContent, createOpaqueImage, type Content, type Image } from './content.ts'
import { startPeerRegistry, type PeerRegistry } from './peer-registry.ts'
import { signUp, type Person } from './people.ts'
import { startTestServer, type TestServer } from './server.ts'
import { watchUpstream, type WatchedUpstream } from './watched-upstream.ts'

const settings = {
  FEATURE_PROXY_CACHE: true,
  FEATURE_IMMUTABLE_TAGS: true,
  // Blobs come when they are asked for, so that requests can be counted.
  FEATURE_PROXY_CACHE_BLOB_DOWNLOAD: false,
  MOORING_PROXY_CACHE_LIMIT: '10M',
  SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
  SUPER_USERS: ['quay'],
}

/** What a client is told when the upstream gives nothing. */
export const isUpstreamText = expect.stringMatching(
  /^the requested image may not exist in the upstream registry, or the configured Quay organization credentials have insufficient rights to access it \(.+\)$/,
) as string

export interface Cache {
  /** Of the organization. */
  readonly name: string
  readonly upstream: WatchedUpstream
}

export interface Stocked {
  readonly repository: string
  readonly image: Image
  readonly layer: Content
}

export interface CachingServer extends AsyncDisposable {
  readonly server: TestServer
  /** The registry behind every cache. */
  readonly peer: PeerRegistry
  readonly admin: ApiClient
  /** Somebody with an account, and no part in any organization. */
  readonly outsider: Person
  /** The peer, with somebody watching in between. */
  readonly watch: () => Promise<WatchedUpstream>
  /** An organization that is a cache of the peer, which is watched. */
  readonly createCache: (extra?: Readonly<Record<string, unknown>>) => Promise<Cache>
  /** Puts an image upstream, under a name of its own. */
  readonly stock: (image?: Image) => Promise<Stocked>
}

/** A server whose organizations may be caches, and the registry that they cache. */
export async function startCachingServer(): Promise<CachingServer> {
  const env = { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) }
  const [server, peer] = await Promise.all([
    startTestServer({ env }),
    startPeerRegistry({ plain: true }),
  ])
  const admin = await server.signedIn()
  const watched: WatchedUpstream[] = []
  let caches = 0
  let images = 0

  const watch = async () => {
    const upstream = await watchUpstream(peer.url)
    watched.push(upstream)
    return upstream
  }
  return {
    ...{ server, peer, admin, watch },
    outsider: await signUp(server, admin, 'outsider'),
    async createCache(extra = {}) {
      const upstream = await watch()
      const name = `cache${++caches}`
      await admin.post('/api/v1/organization/', { name, email: `${name}@example.com` }, 201)
      const config = {
        ...{ upstream_registry: upstream.host, insecure: true },
        upstream_registry_username: peer.username,
        upstream_registry_password: peer.password,
        ...extra,
      }
      const path = `/api/v1/organization/${name}/proxycache`
      expect(await admin.post(path, config, 201)).toBe('Created')
      return { name, upstream }
    },
    async stock(image = createOpaqueImage(`image ${images}`, [1_000])) {
      const repository = `team/app${++images}`
      await peer.client().pushImage(repository, 'v1', image)
      return { repository, image, layer: image.blobs[0] ?? createContent('') }
    },
    async [Symbol.asyncDispose]() {
      for (const one of watched) await one.stop()
      await peer.stop()
      await server.stop()
    },
  }
}
