import { blobOci } from '../features/blobs/blob-oci.ts'
import { createBlobService } from '../features/blobs/blob-service.ts'
import { createManifestContent } from '../features/manifests/manifest-content.ts'
import { manifestOci } from '../features/manifests/manifest-oci.ts'
import { createManifestService } from '../features/manifests/manifest-service.ts'
import { referrerOci } from '../features/manifests/referrer-oci.ts'
import { createReferrerService } from '../features/manifests/referrer-service.ts'
import type { Metrics } from '../features/metrics/metrics.ts'
import { missedPullOci } from '../features/proxy-cache/missed-pull-oci.ts'
import { catalogOci } from '../features/repositories/catalog-oci.ts'
import { tagOci } from '../features/tags/tag-oci.ts'
import { createTagService } from '../features/tags/tag-service.ts'
import { createRegistryGate } from '../features/tokens/registry-gate.ts'
import { createRegistryTokens } from '../features/tokens/registry-token.ts'
import { tokenOci } from '../features/tokens/token-oci.ts'
import { createTokenService } from '../features/tokens/token-service.ts'
import { createTokenSubjects } from '../features/tokens/token-subject-service.ts'
import { uploadOci } from '../features/uploads/upload-oci.ts'
import { createUploadService } from '../features/uploads/upload-service.ts'
import type { Handler } from '../http/exchange.ts'
import { registryBase } from '../http/registry-base.ts'
import { registryHandler, type Observe, type RegistryRoutes } from '../http/registry-handler.ts'
import type { AccountServices } from './accounts.ts'
import type { Parts } from '../wiring.ts'
import type { Live } from './live.ts'
import type { Proxying } from './proxy-cache.ts'

/** Everything under `/v2`, behind one door. */
export function wireRegistry(
  { config, database, storage, key, clock, random, log }: Parts,
  {
    accounts,
    access,
    repositories,
    credentials,
    oauthTokens,
    audit,
    tagRules,
    quotaAccounting,
    pullStatistics,
    proxyCaches: caches,
  }: AccountServices,
  metrics: Metrics,
  { mode }: Live,
  proxying: Proxying,
) {
  const { features, serverHostname, v2PageSize: pageSize } = config
  const names = {
    extended: features.extendedRepositoryNames,
    librarySupport: features.librarySupport,
    libraryNamespace: config.libraryNamespace,
  }
  const tokens = createRegistryTokens({
    key,
    audience: serverHostname,
    maxFreshMs: config.registryJwtMaxFreshMs,
    clock,
  })
  const subjects = createTokenSubjects({ db: database.db, clock, accounts, oauthTokens })
  const gate = createRegistryGate({
    tokens,
    subjects,
    credentials,
    access,
    repositories,
    names,
    serverHostname,
    switches: {
      anonymousAccess: features.anonymousAccess,
      get readOnly() {
        return mode.isOn()
      },
      disablePushes: config.disablePushes,
    },
    clock,
  })
  const tokenService = createTokenService({
    tokens,
    subjects,
    access,
    repositories,
    names,
    serverHostname,
    isReadOnly: () => mode.isOn(),
  })
  const linkLifeMs = config.pushTempTagExpirationMs
  const blobService = createBlobService({ database, storage, clock, linkLifeMs })
  const uploadService = createUploadService({
    database,
    storage,
    clock,
    random,
    maximumLayerBytes: config.maximumLayerBytes,
    linkLifeMs,
  })
  const manifestService = createManifestService({
    database,
    content: createManifestContent(database.db),
    clock,
    random,
    acceptsOci: features.generalOciSupport,
    acceptsSparse: features.sparseIndex,
    holdMs: config.pushTempTagExpirationMs,
    storage,
    tagChanges: tagRules.tagChanges,
    tagPolicies: tagRules.tagPolicies,
    quota: quotaAccounting,
  })

  const base = registryBase({
    identify: (exchange) => gate.identify(exchange),
    service: serverHostname,
    sparse: features.sparseIndex,
    enabled: features.advertiseV2,
  })
  const auth = tokenOci({
    tokens: tokenService,
    credentials,
    audit,
    log: config.audit,
    attempts: (success) => {
      metrics.authenticationAttempts.inc({
        auth_kind: 'basic',
        success: success ? 'True' : 'False',
      })
    },
    anonymousAccess: features.anonymousAccess,
    serverHostname,
  })
  const catalog = catalogOci({ repositories, gate, pageSize })
  const tags = tagOci({ tags: createTagService({ database, clock }), gate, pageSize })
  const blobs = blobOci({ blobs: blobService, proxied: proxying.blobs, gate })
  const uploads = uploadOci({
    uploads: uploadService,
    blobs: blobService,
    repositories,
    gate,
    pushedBytes: {
      add: (bytes) => {
        metrics.pushedBytes.inc(bytes)
      },
    },
  })
  const manifests = manifestOci({
    manifests: manifestService,
    upstream: proxying.pullThrough,
    statistics: pullStatistics,
    gate,
    audit,
    refusals: config.audit,
    counters: {
      pulled: (ref, status) => {
        metrics.imagePulls.inc({ protocol: 'v2', ref, status: String(status) })
      },
      pushed: (status, mediaType) => {
        metrics.imagePushes.inc({ protocol: 'v2', status: String(status), media_type: mediaType })
      },
    },
  })
  const missed = missedPullOci({
    ...{ gate, accounts, repositories, caches, missedPulls: proxying.missedPulls },
  })
  const { pullThrough, cachedReferrers } = proxying
  const referrers = referrerOci({
    referrers: createReferrerService({ database, clock }),
    upstream: pullThrough && cachedReferrers && { pullThrough, cachedReferrers },
    gate,
    enabled: features.referrersApi,
  })

  const routes: RegistryRoutes = (path) => {
    switch (path.kind) {
      case 'base':
        return { GET: base, HEAD: base }
      case 'auth':
        return { GET: auth }
      case 'catalog':
        return { GET: (exchange) => catalog.list(exchange) }
      case 'tags':
        return { GET: (exchange) => tags.list(exchange, path.name) }
      case 'referrers':
        return { GET: (exchange) => referrers.list(exchange, path.name, path.digest) }
      case 'manifest': {
        const get: Handler = async (exchange) => {
          try {
            await manifests.get(exchange, path.name, path.reference)
          } catch (error) {
            await missed.note(exchange, path.name, path.reference, error)
            throw error
          }
        }
        return {
          GET: get,
          HEAD: get,
          PUT: (exchange) => manifests.put(exchange, path.name, path.reference),
          DELETE: (exchange) => manifests.delete(exchange, path.name, path.reference),
        }
      }
      case 'blob': {
        const get: Handler = (exchange) => blobs.get(exchange, path.name, path.digest)
        return {
          GET: get,
          HEAD: get,
          DELETE: (exchange) => blobs.delete(exchange, path.name, path.digest),
        }
      }
      case 'uploads':
        return { POST: (exchange) => uploads.start(exchange, path.name) }
      case 'upload':
        return {
          GET: (exchange) => uploads.status(exchange, path.name, path.id),
          PATCH: (exchange) => uploads.patch(exchange, path.name, path.id),
          PUT: (exchange) => uploads.finish(exchange, path.name, path.id),
          DELETE: (exchange) => uploads.cancel(exchange, path.name, path.id),
        }
    }
  }
  const observe: Observe = (
    { method, path, requestId, res, clientAddress },
    route,
    milliseconds,
  ) => {
    const status = res.statusCode
    log.info({ requestId, method, path, status, milliseconds, clientAddress }, 'registry request')
    metrics.requestDuration.observe(
      { method, route, status: String(status), namespace_name: '' },
      milliseconds / 1000,
    )
  }
  return registryHandler({ routes, service: serverHostname, clock, observe })
}
