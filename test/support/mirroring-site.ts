import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { ApiClient } from './api-client.ts'
import { createFollowed } from './followed-repository.ts'
import { startPeerRegistry, type PeerRegistry } from './peer-registry.ts'
import type { RegistryClient } from './registry-client.ts'
import { startTestServer, type TestServer } from './server.ts'
import { until } from './until.ts'

export const organization = 'acme'
export const robot = `${organization}+mirror`
export const waiting = { timeoutMs: 60_000, everyMs: 50 }

const settings = {
  SUPER_USERS: ['quay'],
  FEATURE_REPO_MIRROR: true,
  FEATURE_SUPERUSERS_FULL_ACCESS: true,
  REPO_MIRROR_INTERVAL: 1,
  REPO_MIRROR_ROLLBACK: true,
  SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
}

export interface Mirror {
  readonly sync_status: string
  readonly sync_retries_remaining: number
  readonly sync_start_date: string | null
  readonly external_registry_username: string | null
}

export interface Progress {
  readonly done: number
  readonly itemsTotal: number
  readonly current: string
  readonly layers: readonly {
    readonly tag: string
    readonly done: number
    readonly total: number
  }[]
}

export interface Details {
  readonly state: string
  readonly progress: Progress | null
  readonly last_run: Run | null
}

export interface Run {
  readonly id: number
  readonly result: string
  readonly code: string | null
  readonly message: string | null
  readonly tags: Readonly<Record<string, number>>
}

export interface LogEntry {
  readonly kind: string
  readonly metadata: object
}

export const pathOf = (name: string) => `/api/v1/repository/${organization}/${name}/mirror`
export const ownPathOf = (name: string) =>
  `/api/v1/mooring/repository/${organization}/${name}/mirror`

export interface MirroringSite extends AsyncDisposable {
  readonly server: TestServer
  readonly peer: PeerRegistry
  /** Of the peer. */
  readonly source: RegistryClient
  /** Of the superuser. */
  readonly api: ApiClient
  readonly registry: RegistryClient
  /** Ends the server as a power cut would, and starts it again. */
  readonly cutPower: () => Promise<void>
  readonly trustPeer: () => Promise<void>
  /** A repository that follows the one of the same name in `library` of the peer. */
  readonly createMirror: (name: string, body?: Readonly<Record<string, unknown>>) => Promise<void>
  readonly mirrorOf: (name: string) => Promise<Mirror>
  readonly detailsOf: (name: string) => Promise<Details>
  /** Waits for the end of a run after the one that is known. */
  readonly ended: (name: string, after?: number) => Promise<Run>
  readonly syncAgain: (name: string) => Promise<Run>
  readonly tagsOf: (name: string) => Promise<string[]>
  readonly logsOf: (name: string) => Promise<readonly LogEntry[]>
  readonly expectSame: (name: string, tag: string) => Promise<void>
}

/** A server whose organization `acme` mirrors a registry that nobody trusts yet. */
export async function startMirroringSite(): Promise<MirroringSite> {
  const env = { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) }
  const [server, peer] = await Promise.all([startTestServer({ env }), startPeerRegistry()])
  const source = peer.client()
  let api = await server.signedIn()
  let registry = server.client()
  await api.post('/api/v1/organization/', { name: organization, email: 'a@example.com' }, 201)
  for (const name of ['mirror', 'other']) {
    await api.put(`/api/v1/organization/${organization}/robots/${name}`, {}, 201)
  }

  const detailsOf = async (name: string) => (await api.get(ownPathOf(name))) as Details
  const ended = (name: string, after = 0) =>
    until(
      `a run of ${name}`,
      async () => {
        const { runs } = (await api.get(`${ownPathOf(name)}/runs`)) as { runs: readonly Run[] }
        return runs.find(({ id, result }) => id > after && result !== 'running')
      },
      waiting,
    )

  return {
    ...{ server, peer, source, detailsOf, ended },
    get api() {
      return api
    },
    get registry() {
      return registry
    },
    async cutPower() {
      await server.kill9()
      await server.restart()
      api = await server.signedIn()
      registry = server.client()
    },
    async trustPeer() {
      const pem = readFileSync(peer.caFile, 'utf8')
      await api.post('/api/v1/mooring/certificates/trusted', { pem, name: 'peer' })
    },
    createMirror: (name, body = {}) =>
      createFollowed(api, { organization, name, robot: 'mirror', peer }, body),
    mirrorOf: async (name) => (await api.get(pathOf(name))) as Mirror,
    async syncAgain(name) {
      const before = (await detailsOf(name)).last_run?.id
      // A retry may run right now.
      await until('a run to be asked for', async () => {
        const { status } = await api.request('POST', `${pathOf(name)}/sync-now`)
        return status === 204 ? true : undefined
      })
      return ended(name, before)
    },
    async tagsOf(name) {
      const answer = await registry.request('GET', `/v2/${organization}/${name}/tags/list`)
      return [...((answer.json() as { tags: string[] | null }).tags ?? [])].sort()
    },
    async logsOf(name) {
      const path = `/api/v1/repository/${organization}/${name}/logs`
      return ((await api.get(path)) as { logs: readonly LogEntry[] }).logs
    },
    async expectSame(name, tag) {
      const there = await source.getManifest(`library/${name}`, tag)
      const here = await registry.getManifest(`${organization}/${name}`, tag)
      expect(here.status).toBe(200)
      expect(here.header('docker-content-digest')).toBe(there.header('docker-content-digest'))
      expect(here.body.equals(there.body)).toBe(true)
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await peer.stop()
    },
  }
}
