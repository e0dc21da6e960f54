import { mkdir } from 'node:fs/promises'
import { bundleClient } from '../support/bundle-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

export type TransferWorld = Awaited<ReturnType<typeof startTransferWorld>>

/** Two registries and a medium between them: content is made on one and has to reach the other. */
export async function startTransferWorld({ largeBytes }: { readonly largeBytes: number }) {
  const medium = createTemporaryFolder('transfer-crash')
  await mkdir(medium.join('carried'))
  const options = {
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_REPO_MIRROR: true,
        // Many points take longer than a login stays fresh.
        FRESH_LOGIN_TIMEOUT: '12h',
        MOORING_BUNDLE_PATHS: [medium.join('carried')],
        SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
      }),
    },
  }
  const started = await Promise.allSettled([startTestServer(options), startTestServer(options)])
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()))
    await medium.remove()
  }
  const [source, target] = running
  if (source === undefined || target === undefined) {
    await stop()
    throw new Error('the two registries did not start', { cause: started })
  }

  const sourceApi = await source.signedIn()
  const targetApi = await target.signedIn()
  const out = bundleClient(sourceApi)
  const into = bundleClient(targetApi)
  const { own } = await out.trusted()
  await into.trust('the source', own.public_key)
  await targetApi.put('/api/v1/user/robots/mirror', {}, 201)

  const clientOf = (server: TestServer) => server.client()
  const clients = { source: clientOf(source), target: clientOf(target) }
  return {
    source,
    target,
    targetApi,
    out,
    into,
    clients,
    /** Where bundles lie. */
    carried: (name: string) => medium.join('carried', name),

    /** New content on the source, under a name of its own. */
    stock: (name: string): Promise<Stock> =>
      stockRegistry(clients.source, `${source.username}/${name}`, { largeBytes }),

    /** The target has all of it, and it can be pulled. */
    requireArrived: (stock: Stock) => requireStock(clients.target, stock),

    stop,
    [Symbol.asyncDispose]: stop,
  }
}
