import { mkdir } from 'node:fs/promises'
import type { ApiClient } from './api-client.ts'
import { bundleClient, type BundleClient } from './bundle-client.ts'
import { startTestServer, type TestServer } from './server.ts'

export interface BundleSites extends AsyncDisposable {
  readonly source: TestServer
  readonly target: TestServer
  readonly targetApi: ApiClient
  /** Bundles of the source, and of the target. */
  readonly out: BundleClient
  readonly into: BundleClient
}

/** Two registries that have nothing in common but a folder, in which bundles are carried. */
export async function startBundleSites(
  carried: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<BundleSites> {
  await mkdir(carried)
  const config = { SUPER_USERS: ['quay'], MOORING_BUNDLE_PATHS: [carried], ...settings }
  const env = { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) }
  const [source, target] = await Promise.all([startTestServer({ env }), startTestServer({ env })])
  const targetApi = await target.signedIn()
  return {
    ...{ source, target, targetApi },
    out: bundleClient(await source.signedIn()),
    into: bundleClient(targetApi),
    async [Symbol.asyncDispose]() {
      await Promise.all([source.stop(), target.stop()])
    },
  }
}

export const digestOn = async (server: TestServer, repository: string, tag: string) =>
  (await server.client().getManifest(repository, tag)).header('docker-content-digest')
