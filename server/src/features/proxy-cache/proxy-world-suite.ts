import { Secret } from '../../config/secret.ts'
import type { Database } from '../../db/open.ts'
import type { Digest } from '../../storage/digest.ts'
import type { Upstream, UpstreamClient } from '../../upstream/upstream.ts'
import type { Principal } from '../accounts/principal.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { createCopyingWorld, createFakeUpstream } from '../copying/copying-world-suite.ts'
import { createManifestPush } from '../manifests/manifest-push-service.ts'
import { parseKnownReference } from '../manifests/manifest-reference.ts'
import { createReferrerService } from '../manifests/referrer-service.ts'
import { quotaFor } from '../quota/quota-suite.ts'
import { parseRepositoryName } from '../repositories/repository-name.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { tagRulesFor } from '../tags/tag-rules-suite.ts'
import { createBlobCompletion } from './blob-completion.ts'
import { createCacheFill } from './cache-fill-service.ts'
import { createCachedManifests } from './cached-manifest-service.ts'
import { createCachedReferrers } from './cached-referrer-service.ts'
import { createProxiedBlobs } from './proxied-blob-service.ts'
import { proxyCacheStore } from './proxy-cache-store.ts'
import { createProxyCaches } from './proxy-caches-service.ts'
import { createPullThrough } from './pull-through-service.ts'
import { createRoom } from './room-service.ts'
import { createUpstreamBreaker } from './upstream-breaker.ts'

const never = new AbortController().signal
const names = { extended: true, librarySupport: true, libraryNamespace: 'library' }
const member: Principal = {
  ...{ kind: 'user', id: 1, username: 'member' },
  ...{ isSuperUser: false, isGlobalReadonly: false, isRestricted: false },
}

/** An organization that is a cache of a registry in memory, with a clock that only the test moves. */
export async function createProxyWorld(
  database: Database,
  { lifeSeconds = 100, limitBytes }: { lifeSeconds?: number; limitBytes?: number } = {},
) {
  const world = await createCopyingWorld(database)
  const { db, clock, log, random, storage, repositories, fetches } = world
  const upstream = createFakeUpstream()
  let fault: Error | undefined
  const checked =
    <Args extends unknown[], Result>(ask: (...args: Args) => Result) =>
    (...args: Args): Result => {
      if (fault !== undefined) throw fault
      return ask(...args)
    }
  const upstreams: Pick<UpstreamClient, 'repository'> = {
    repository: (access): Upstream => ({
      access,
      checkVersion: () => Promise.resolve('open'),
      async *listTags() {
        // Nobody asks a cache for them.
      },
      headManifest: async (...asked) => checked(upstream.source.headManifest)(...asked),
      getManifest: async (...asked) => checked(upstream.source.getManifest)(...asked),
      listReferrers: async (...asked) => checked(upstream.source.listReferrers)(...asked),
      openBlob: checked(upstream.source.openBlob),
    }),
  }
  const namespace = await world.namespace('hub', 0)
  const secretBox = createSecretBox({ secretKey: new Secret('1234'), random })
  await proxyCacheStore(db).insert({
    organization_id: namespace.id,
    upstream_registry: 'registry.example/team',
    credentials_encrypted: null,
    expiration_s: lifeSeconds,
    insecure: 0,
    created_at: clock.now(),
  })
  const caches = createProxyCaches({ db, clock, secretBox, enabled: true })
  const quota = quotaFor(clock, { quotaManagement: true })
  const room = createRoom({ db, clock, log, limitBytes })
  let readOnly = false
  let disconnected = false
  const isReadOnly = () => readOnly
  const shared = { log, caches, upstreams, isReadOnly, stopping: never }
  const asking = {
    ...shared,
    access: { mayPullThrough: () => Promise.resolve(true) },
    breaker: createUpstreamBreaker({ clock }),
    cachedManifests: createCachedManifests({ db, clock }),
    fill: createCacheFill({
      clock,
      fetchesAhead: true,
      withRoom: (cache, bytes, work) => room.within(cache, bytes, work),
      push: createManifestPush({
        ...{ database, storage, clock, random, quota, holdMs: 60_000 },
        tagChanges: world.tagChanges,
        tagPolicies: tagRulesFor(database).tagPolicies,
        acceptsOci: true,
        acceptsSparse: true,
      }),
    }),
  }
  const pullThrough = createPullThrough({
    ...asking,
    accounts: { findNamespace: async () => namespace },
    repositories,
    visibility: 'private',
    isDisconnected: () => disconnected,
  })
  const cachedReferrers = createCachedReferrers(asking)
  const referrers = createReferrerService({ database, clock })
  const blobs = createProxiedBlobs({ ...shared, database, storage, fetches, quota })

  return {
    ...world,
    ...{ upstream, namespace, blobs, caches },
    completion: createBlobCompletion({ db, clock, repositories, blobs }),

    /** Its credentials were sealed under a key that nobody has any more. */
    async loseKey() {
      const other = createSecretBox({ secretKey: new Secret('5678'), random })
      await db
        .updateTable('proxycacheconfig')
        .set({ credentials_encrypted: other.seal('{"username":"bot","password":"secret"}') })
        .execute()
      caches.forget(namespace.id)
    },

    setReadOnly: (isOn: boolean) => void (readOnly = isOn),

    setDisconnected: (isOn: boolean) => void (disconnected = isOn),

    /** What the upstream fails with from now on. */
    failWith: (error: Error | undefined) => void (fault = error),

    /** Pulls `name:tag` or `name@digest` as a member does. @returns the repository */
    async pull(name: string, reference: string) {
      const asked = { principal: member, ip: null, reference: parseKnownReference(reference) }
      const parsed = parseRepositoryName(`hub/${name}`, names)
      const found = await repositories.find(parsed.fullName)
      const made = found ?? (await pullThrough.create(asked, parsed))
      if (made === undefined) throw new Error('nothing was made')
      if (found !== undefined) await pullThrough.refresh(asked, found)
      return made
    },

    /** What is attached to an image, as a member lists it. */
    async referrersOf(home: RepositoryRow, subject: Digest): Promise<string[]> {
      await cachedReferrers.refresh(member, home, subject)
      const query = { repositoryId: home.id, subject, artifactType: undefined, after: '', limit: 9 }
      return (await referrers.list(query)).manifests.map(({ digest }) => digest)
    },

    missing: () => db.selectFrom('proxycacheblob').selectAll().orderBy('digest').execute(),
  }
}
