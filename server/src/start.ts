import type { RequestListener } from 'node:http'
import { sql } from 'kysely'
import type { Config } from './config/config.ts'
import { lockDataDirectory, type DataDirectoryLock } from './db/data-directory-lock.ts'
import { openDatabase, type Database } from './db/open.ts'
import { authorityPaths } from './features/certificates/authority-api.ts'
import type { Restarter } from './features/appliance/control-service.ts'
import { metricsEndpoint } from './features/metrics/metrics-endpoint.ts'
import { createExtraTrust } from './features/outgoing/extra-authorities.ts'
import { publishInstanceKey } from './features/service-keys/instance-key-service.ts'
import { loadInstanceKey } from './features/tokens/instance-key.ts'
import { recoverCommits } from './features/uploads/upload-recovery.ts'
import { createHttpsPort, type HttpsPort } from './http/https-port.ts'
import {
  closeListener,
  listen,
  ListenError,
  type ListenAddress,
  type Listener,
} from './http/listen.ts'
import { listenerState, type ListenerState } from './http/listener-state.ts'
import { plainHttpDoor } from './http/plain-http.ts'
import { startingDoor } from './http/starting-door.ts'
import { countTraffic, type Traffic } from './http/traffic.ts'
import { systemClock, type Clock } from './platform/clock.ts'
import { createLogRing, type LogRing } from './platform/log-ring.ts'
import { createLogger, standardError, type Logger } from './platform/logger.ts'
import { systemRandom, type Random } from './platform/random.ts'
import { cacheSmallBlobs } from './storage/blob-cache.ts'
import { openStorage } from './storage/open-storage.ts'
import type { BlobStorage } from './storage/storage.ts'
import { type AccountServices } from './wiring/accounts.ts'
import { wire } from './wiring.ts'
import { wireCertificates, type Certificates } from './wiring/certificates.ts'
import type { ContentServices } from './wiring/content-services.ts'
import { createUpgrade, type Upgrade } from './upgrade/upgrade.ts'
import { Worker } from './work/worker.ts'

/** What differs between a test and a real machine. */
export interface Overrides {
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Logger
  /** Keeps what `log` writes. */
  readonly logRing?: LogRing
  readonly storage?: BlobStorage
  /** Held by a caller that prepared the data directory; taken over. */
  readonly lock?: DataDirectoryLock
  /** Password of the first account instead of a drawn one. */
  readonly firstPassword?: string
  /** Called when a superuser asks the server to end: has to dispose it. */
  readonly shutDown?: () => void
  /** Who starts the server again after it ended, if anybody does. */
  readonly restartedBy?: Restarter
  /** Puts something in front of everything that the registry's own ports serve. */
  readonly around?: (serve: RequestListener) => RequestListener
  /** Without: the database is somebody else's to bring up to date. */
  readonly migrate?: boolean
  /** Which of the workers run, by name; all unless it says so. */
  readonly works?: (name: string) => boolean
}

export interface RunningServer extends AsyncDisposable {
  /** HTTPS joins them when a server without a certificate is given one. */
  readonly urls: { readonly http: string; readonly https?: string; readonly metrics: string }
  /** Set when this start created the first account; the password is known nowhere else. */
  readonly firstAccount?: { readonly username: string; readonly password: string }
  /** What clients push and pull at this moment. */
  readonly traffic: () => Traffic
  /** Whether the database answers; a promise that stays open means no. */
  readonly answers: () => Promise<boolean>
  /** For whoever holds the process: the setup works on its accounts. */
  readonly people: AccountServices
  /** The same for mirrors and caches. */
  readonly content: ContentServices
}

export interface RunningWorkers extends AsyncDisposable {
  readonly urls: { readonly metrics: string }
  /** As for the server. */
  readonly answers: () => Promise<boolean>
}

/** How long requests under way may take to finish once the server was told to stop. */
const drainMs = 25_000
/** Within this time an authority that was added is trusted. */
const trustCheckEveryMs = 5_000
const cachedBlobBytes = 24 * 1024 * 1024

/**
 * Starts the appliance: the one door for the command line, the desktop shell and tests. Disposing it
 * drains requests, stops the workers, then closes storage and database.
 * @throws ListenError, or an Error that names the data directory when another server uses it.
 */
export async function startServer(
  config: Config,
  overrides: Overrides = {},
): Promise<RunningServer> {
  const logRing = overrides.logRing ?? createLogRing()
  const log = overrides.log ?? createLogger(config.logLevel, logRing.tap(standardError()))
  const around = overrides.around ?? ((serve) => serve)
  const stack = new AsyncDisposableStack()
  const upgrade = createUpgrade({ config, clock: overrides.clock ?? systemClock, log })
  try {
    const { appliance, database, certificates, firstAccount } = await openAppliance(
      config,
      { ...overrides, log, logRing, upgrade },
      stack,
    )
    const { handler, traffic } = countTraffic(around(appliance.serve))
    const door = startingDoor(handler)
    const listeners = await openListeners(
      config,
      door.handler,
      metricsEndpoint(appliance.metrics),
      certificates,
      stack,
    )
    appliance.live.running.attach({ listeners: listeners.states, traffic })
    await upgrade.confirm()
    for (const worker of appliance.workers) worker.start()
    door.open()
    const urlsNow = () => {
      const https = listeners.https.url()
      return {
        http: listeners.http.url,
        ...(https === undefined ? {} : { https }),
        metrics: listeners.metrics.url,
      }
    }
    log.info({ ...urlsNow(), dataDir: config.dataDir }, 'server started')
    const running = stack.move()
    return {
      get urls() {
        return urlsNow()
      },
      traffic,
      answers: () => databaseAnswers(database),
      people: appliance.people,
      content: appliance.content,
      ...(firstAccount === undefined ? {} : { firstAccount }),
      async [Symbol.asyncDispose]() {
        log.info('server stopping')
        appliance.live.running.stopping()
        // They would stay open for as long as the server waits for requests.
        appliance.live.bus.close()
        await running.disposeAsync()
        log.info('server stopped')
        log.flush()
      },
    }
  } catch (error) {
    await stack.disposeAsync()
    throw upgrade.explain(error)
  }
}

/** Everything behind the ports, at work; what it opened is left on the stack. */
async function openAppliance(
  config: Config,
  overrides: Overrides & { readonly log: Logger; readonly upgrade: Upgrade },
  stack: AsyncDisposableStack,
) {
  const { log, upgrade, shutDown, clock = systemClock, random = systemRandom } = overrides
  const { logRing = createLogRing() } = overrides
  const lock = overrides.lock ?? lockDataDirectory(config.dataDir)
  stack.defer(() => {
    lock.release()
  })
  const trust = createExtraTrust({ configDir: config.configDir, log })
  await trust.refresh()
  stack
    .use(
      new Worker({
        name: 'extra-authorities',
        step: () => trust.refresh(),
        everyMs: trustCheckEveryMs,
        log,
      }),
    )
    .start()
  const migrates = overrides.migrate !== false
  if (migrates) await upgrade.settle()
  stack.defer(() => upgrade.undo())
  const certificates = wireCertificates({
    ...{ config, clock, random, log },
    refreshTrust: () => trust.refresh(),
  })
  await certificates.served.open()
  const database = await openDatabase(config.database, { logger: log })
  stack.defer(() => database.close())
  if (migrates) await upgrade.migrate(database)
  const storage = overrides.storage ?? (await openCachedStorage(config, clock, log))
  stack.defer(() => storage.close())
  await upgrade.check(database, storage)
  await recoverCommits(database, storage, clock, log)

  const key = await loadInstanceKey(config.configDir)
  await publishInstanceKey(database.db, key, clock, config)
  const appliance = wire({
    ...{ config, database, storage, key, certificates, clock, random, log, logRing, shutDown },
    restartedBy: overrides.restartedBy,
  })
  stack.defer(() => {
    appliance.upstreams.close()
  })
  stack.defer(() => appliance.audit.close())
  await appliance.live.mode.refresh()
  await appliance.live.connection.refresh()
  await appliance.live.pauses.refresh()
  const firstAccount = await appliance.createFirstAccount(overrides.firstPassword)
  for (const worker of appliance.workers) stack.use(worker)
  return { appliance, database, certificates, firstAccount }
}

/**
 * Work behind the registry on a machine of its own: no ports but that of the metrics. Both share a
 * PostgreSQL database and the storage of the blobs.
 */
export async function startWorkers(
  config: Config,
  overrides: Overrides = {},
): Promise<RunningWorkers> {
  const log = overrides.log ?? createLogger(config.logLevel)
  const stack = new AsyncDisposableStack()
  const upgrade = createUpgrade({ config, clock: overrides.clock ?? systemClock, log })
  try {
    const { appliance, database } = await openAppliance(
      config,
      { ...overrides, log, upgrade },
      stack,
    )
    const metrics = await listenForMetrics(config, metricsEndpoint(appliance.metrics))
    await upgrade.confirm()
    const { works = () => true } = overrides
    for (const worker of appliance.workers) if (works(worker.name)) worker.start()
    stack.defer(() => closeListener(metrics, drainMs))
    log.info({ metrics: metrics.url, dataDir: config.dataDir }, 'workers started')
    const running = stack.move()
    return {
      urls: { metrics: metrics.url },
      answers: () => databaseAnswers(database),
      async [Symbol.asyncDispose]() {
        await running.disposeAsync()
        log.info('workers stopped')
        log.flush()
      },
    }
  } catch (error) {
    await stack.disposeAsync()
    throw upgrade.explain(error)
  }
}

async function databaseAnswers({ db }: Database): Promise<boolean> {
  await sql`select 1`.execute(db)
  return true
}

/** Small blobs that are in use stay in memory: an image of many layers is mostly those. */
async function openCachedStorage(config: Config, clock: Clock, log: Logger): Promise<BlobStorage> {
  const storage = await openStorage(config.storage, { clock, logger: log })
  return cacheSmallBlobs(storage, { totalBytes: cachedBlobBytes, blobBytes: cachedBlobBytes / 192 })
}

async function openListeners(
  config: Config,
  serve: RequestListener,
  metrics: RequestListener,
  certificates: Certificates,
  stack: AsyncDisposableStack,
): Promise<{
  http: Listener
  https: HttpsPort
  metrics: Listener
  states: () => Promise<ListenerState[]>
}> {
  const { listen: ports } = config
  const open: Listener[] = []
  // One entry for all ports, so that they drain side by side and before anything they use closes.
  stack.defer(async () => {
    await Promise.all(open.map((listener) => closeListener(listener, drainMs)))
  })
  const track = async (listener: Promise<Listener>) => {
    const opened = await listener
    open.push(opened)
    return opened
  }
  const { served, clients } = certificates
  const { tls: files } = config
  if (files !== undefined && served.current() === undefined) {
    throw new ListenError(
      `cannot listen for HTTPS: ${files.certificateFile} and ${files.keyFile} are no certificate with its key; put a pair there, or remove both files`,
    )
  }
  const plainForAll = files === undefined || config.externalTls || config.urlScheme === 'http'
  const door = plainForAll
    ? serve
    : plainHttpDoor({ serve, openPaths: authorityPaths, redirectHost: config.serverHostname })

  const https = createHttpsPort(
    {
      title: 'HTTPS',
      setBy: '--port or MOORING_HTTPS_PORT',
      port: ports.httpsPort,
      address: ports,
      onTlsFailure: (error, client) => {
        clients.failed(error, client)
      },
      onTlsClient: (client) => {
        clients.succeeded(client)
      },
      handler: serve,
    },
    config.tlsSettings,
  )
  served.subscribe((next) => {
    https.use(next)
  })
  const openHttps = async () => {
    const opened = await https.open()
    if (opened !== undefined) open.push(opened)
    return opened
  }
  for (const worker of certificates.workers(files === undefined ? openHttps : undefined)) {
    stack.use(worker)
    worker.start()
  }
  if (files !== undefined) await openHttps()
  const http = await track(
    listen({
      title: 'HTTP',
      setBy: '--http-port or MOORING_HTTP_PORT',
      port: ports.httpPort,
      address: addressOf(ports, ports.httpHost),
      handler: door,
    }),
  )
  const metricsListener = await track(listenForMetrics(config, metrics))
  const ipv6Only = ports.host === undefined && ports.family === 'IPv6'
  const states = () =>
    Promise.all(
      open.map((one) => listenerState(one, { isMetrics: one === metricsListener, ipv6Only })),
    )
  return { http, https, metrics: metricsListener, states }
}

function listenForMetrics({ listen: ports }: Config, handler: RequestListener): Promise<Listener> {
  return listen({
    title: 'metrics',
    setBy: '--metrics-port or MOORING_METRICS_PORT',
    port: ports.metricsPort,
    address: addressOf(ports, ports.metricsHost),
    handler,
  })
}

/** An address that one port has to itself is of whatever family it is. */
function addressOf(ports: ListenAddress, own: string | undefined): ListenAddress {
  return own === undefined ? ports : { host: own, family: 'dual-stack' }
}
