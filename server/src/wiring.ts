import type { RequestListener } from 'node:http'
import type { Config } from './config/config.ts'
import type { Database } from './db/open.ts'
import type { Restarter } from './features/appliance/control-service.ts'
import { system, type AuditLog } from './features/audit/audit-log.ts'
import { authorityApi } from './features/certificates/authority-api.ts'
import { createMetrics, type Metrics } from './features/metrics/metrics.ts'
import type { InstanceKey } from './features/tokens/instance-key.ts'
import { sweepUploads } from './features/uploads/upload-recovery.ts'
import { LiveExchange } from './http/live-exchange.ts'
import { finishedSetup } from './http/finished-setup.ts'
import { webApp } from './http/web-app.ts'
import { createWebPages, isVisit, pagesRouter } from './http/web-pages.ts'
import type { Clock } from './platform/clock.ts'
import type { LogRing } from './platform/log-ring.ts'
import type { Logger } from './platform/logger.ts'
import type { Random } from './platform/random.ts'
import type { BlobStorage } from './storage/storage.ts'
import type { UpstreamClient } from './upstream/upstream.ts'
import { measureCertificates, type Certificates } from './wiring/certificates.ts'
import type { ContentServices } from './wiring/content-services.ts'
import { wireCopying } from './wiring/copying.ts'
import { createLive, type Live } from './wiring/live.ts'
import { wireManagement } from './wiring/management.ts'
import { wireCollection } from './wiring/collection.ts'
import { wireQuota } from './wiring/quota.ts'
import { Worker } from './work/worker.ts'
import { wireProxyCache } from './wiring/proxy-cache.ts'
import { wireRegistry } from './wiring/registry.ts'
import { wireUpstream } from './wiring/upstream.ts'
import { generatePassword, wireAccounts, type AccountServices } from './wiring/accounts.ts'

export interface Appliance {
  readonly serve: RequestListener
  readonly workers: readonly Worker[]
  readonly live: Live
  readonly metrics: Metrics
  readonly audit: AuditLog
  readonly people: AccountServices
  readonly content: ContentServices
  /** Its connections stay open until somebody closes them. */
  readonly upstreams: Pick<UpstreamClient, 'close'>
  /** Creates the first superuser when nobody is there yet. */
  createFirstAccount(
    password?: string,
  ): Promise<{ readonly username: string; readonly password: string } | undefined>
}

/** What the appliance is built from. */
export interface Parts {
  readonly config: Config
  readonly database: Database
  readonly storage: BlobStorage
  readonly key: InstanceKey
  readonly certificates: Certificates
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** The latest lines of the log. */
  readonly logRing: LogRing
  /** Ends the server as a signal would; absent where somebody else decides about that. */
  readonly shutDown?: (() => void) | undefined
  /** Who starts the server again after it ended, if anybody does. */
  readonly restartedBy?: Restarter | undefined
}

const staleTransferMs = 24 * 3_600_000
const transferSweepEveryMs = 6 * 3_600_000

/** Builds each service, route and worker once. */
export function wire(parts: Parts): Appliance {
  const { config, database, storage, clock, random, log } = parts
  const live = createLive(parts)
  const people = wireAccounts({ ...parts, bus: live.bus })
  const metrics = createMetrics()
  measureCertificates(parts.certificates, metrics)
  const copying = wireCopying(parts, people)
  const upstreams = wireUpstream({ ...parts, connection: live.connection, facts: live.facts })
  const proxying = wireProxyCache(parts, people, live, copying, upstreams)
  const serveRegistry = wireRegistry(parts, people, metrics, live, proxying)
  const serveRest = webApp({
    routers: [
      authorityApi({
        distributed: () => {
          live.authorityFetched()
          return parts.certificates.distributed()
        },
      }),
      finishedSetup(),
      pagesRouter(createWebPages()),
    ],
    log,
  })

  let requests = 0
  const boot = random.bytes(4).toString('hex')
  const nextRequestId = () => `${boot}-${String(++requests)}`
  const management = wireManagement(parts, people, metrics, nextRequestId, live, copying, {
    ...{ upstreams, proxying },
  })
  const serve: RequestListener = (req, res) => {
    const url = req.url ?? '/'
    if (url === '/v2' || url.startsWith('/v2/') || url.startsWith('/v2?')) {
      const requestId = nextRequestId()
      serveRegistry(new LiveExchange(req, res, { requestId, trust: config, log })).catch(
        (error: unknown) => {
          log.error({ err: error, requestId }, 'request broken off')
          res.destroy()
        },
      )
    } else if (management.serves(pathOf(url)) && !isVisit(req)) {
      management.serve(req, res)
    } else {
      serveRest(req, res)
    }
  }

  const uploadSweep = new Worker({
    name: 'upload-sweep',
    step: sweepUploads({ database, storage, clock, lifeMs: config.uploadLifetimeMs, log }),
    everyMs: config.uploadCleanupEveryMs,
    log,
    pausing: 'at-once',
  })

  const { sweepTransfers } = storage
  const transferSweep =
    sweepTransfers === undefined || !config.features.staleTransferCleanup
      ? []
      : [
          new Worker({
            name: 'transfer-sweep',
            step: async () => {
              const count = await sweepTransfers(staleTransferMs)
              if (count > 0) log.info({ count }, 'stale transfers removed')
              return 'idle'
            },
            everyMs: transferSweepEveryMs,
            log,
            pausing: 'at-once',
          }),
        ]

  const workers = [
    uploadSweep,
    ...transferSweep,
    ...wireCollection(parts, metrics, live).workers,
    ...wireQuota(parts).workers,
    ...management.workers,
    ...copying.workers,
    ...proxying.workers,
  ]
  live.workers.add(workers)
  return {
    serve,
    workers,
    live,
    metrics,
    audit: people.audit,
    people,
    content: management.content,
    upstreams,
    async createFirstAccount(password = generatePassword(random)) {
      const [username = 'quay'] = config.superUsers
      // FEATURE_USER_INITIALIZE leaves the first account to whoever asks for it.
      if (config.features.userInitialize) return undefined
      if ((await people.accounts.countUsers()) > 0) return undefined
      await people.accounts.createUser({ username, password }, system)
      await database.flush()
      return { username, password }
    },
  }
}

function pathOf(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}
