import { describeCertificate } from '@mooring/certs'
import { Counter, Gauge } from 'prom-client'
import { isServerHostname, type Config } from '../config/config.ts'
import { createSecretBox } from '../features/accounts/secret-box.ts'
import type { AuditEntry } from '../features/audit/audit-log.ts'
import { authorityKeyApi } from '../features/certificates/authority-key-api.ts'
import { createAuthorityService } from '../features/certificates/authority-service.ts'
import { createAuthorityStore } from '../features/certificates/authority-store.ts'
import { certificateApi } from '../features/certificates/certificate-api.ts'
import { createCertificateOverview } from '../features/certificates/certificate-overview-service.ts'
import { createCertificateService } from '../features/certificates/certificate-service.ts'
import { createChangeJournal, type NotedChange } from '../features/certificates/change-journal.ts'
import { createCertificateStore } from '../features/certificates/certificate-store.ts'
import { clientTrustApi, type TrustAddress } from '../features/certificates/client-trust-api.ts'
import { createExpiryWatch } from '../features/certificates/expiry-watch.ts'
import { createPassphraseStore } from '../features/certificates/passphrase-store.ts'
import { createRenewalWork } from '../features/certificates/renewal-work.ts'
import { createRolloverService } from '../features/certificates/rollover-service.ts'
import { createServedCertificate } from '../features/certificates/served-certificate.ts'
import { createTlsClients } from '../features/certificates/tls-clients.ts'
import { upstreamTrustApi } from '../features/certificates/upstream-trust-api.ts'
import { createUpstreamTrust } from '../features/certificates/upstream-trust-service.ts'
import type { Metrics } from '../features/metrics/metrics.ts'
import { readServerChain } from '../features/outgoing/server-chain-service.ts'
import { certificateNames, hostOf, systemNetwork } from '../first-start/host-names.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

export function certificateRoutes({ parts, people, live }: Foundation): Area {
  const { config, certificates: all, database, log } = parts
  const { serverHostname, listen } = config
  const { certificates, authority, rollovers, authorities, served, distributed, overview } = all
  const { upstreamTrust, refreshTrust, renewal } = all
  const addressOf = (host = serverHostname): TrustAddress | undefined => {
    if (!isServerHostname(host)) return undefined
    const name = hostOf(host)
    const port = /:([0-9]+)$/.exec(host.replace(/^\[.*\]/, ''))?.[1]
    const inUrl = name.includes(':') ? `[${name}]` : name
    return {
      ...{ host: name, port: Number(port ?? 443) },
      httpUrl: `http://${inUrl}:${String(listen.httpPort)}`,
    }
  }
  const hosts = () => {
    const port = /:[0-9]+$/.exec(serverHostname.replace(/^\[.*\]/, ''))?.[0] ?? ''
    const pem = served.current()?.certificatePem
    const names = pem === undefined ? [] : describeCertificate(pem).names
    const others = names
      .filter((name) => !name.startsWith('*'))
      .map((name) => `${name.includes(':') ? `[${name}]` : name}${port}`)
    return [...new Set([serverHostname, ...others])]
  }
  const { journal } = all
  const telling = new Worker({
    name: 'certificate-log',
    step: async () => {
      await journal.tell((change) => people.audit.recordIn(database.db, toldBy(change)))
      return 'idle'
    },
    everyMs: tellEveryMs,
    log,
  })
  journal.onNoted(() => {
    telling.wake()
  })
  return {
    workers: [telling],
    routes: [
      ...certificateApi({ certificates, overview, served, distributed }),
      ...clientTrustApi({ distributed, addressOf, hosts }),
      ...authorityKeyApi({
        ...{ authority, rollovers, authorities, served },
        renewIfDue: renewal.step,
      }),
      ...upstreamTrustApi({
        ...{ trust: upstreamTrust, refresh: refreshTrust },
        isDisconnected: live.connection.isDisconnected,
      }),
    ],
  }
}

/** Who may change certificates is a superuser; what a token adds is in the metadata already. */
function toldBy({ kind, at, by, performerId, address, metadata }: NotedChange): AuditEntry {
  const rights = { isSuperUser: true, isGlobalReadonly: false, isRestricted: false }
  const principal =
    performerId === null
      ? ('system' as const)
      : { kind: 'user' as const, id: performerId, username: by, ...rights }
  return { kind, at, account: null, actor: { principal, ip: address }, metadata }
}

export type Certificates = ReturnType<typeof wireCertificates>

/** Within this time a certificate that somebody put in place is served. */
const lookEveryMs = 2_000
const renewEveryMs = 3_600_000
/** Within this time the action log has what the command line did. */
const tellEveryMs = 2_000

/** The certificates of this server: what its ports and its command line share. */
export function wireCertificates({
  config,
  clock,
  random,
  log,
  refreshTrust = () => Promise.resolve(),
}: {
  config: Pick<Config, 'configDir' | 'serverHostname' | 'certificates'> &
    Partial<Pick<Config, 'databaseSecretKey'>>
  clock: Clock
  random: Random
  log: Logger
  /** Makes outgoing connections of this process see a changed `extra_ca_certs` at once. */
  refreshTrust?: () => Promise<unknown>
}) {
  const { configDir, serverHostname, databaseSecretKey: secretKey } = config
  const { lifeDays, renewBeforeMs } = config.certificates
  const store = createCertificateStore({ configDir, clock, random })
  const authorities = createAuthorityStore({ configDir, paths: store.paths })
  const passphrases = createPassphraseStore({
    ...{ configDir, file: store.paths.passphrase },
    secretBox: secretKey === undefined ? undefined : createSecretBox({ secretKey, random }),
  })
  const policy = { serverName: hostOf(serverHostname), lifeDays, beforeEndMs: renewBeforeMs }
  const kept = { store, authorities, passphrases }
  const journal = createChangeJournal({ paths: store.paths, clock, random })
  const certificates = createCertificateService({ ...kept, journal, policy, clock, log })
  const clients = createTlsClients({ clock })
  const authority = createAuthorityService({ ...kept, certificates, clock })
  const rollovers = createRolloverService({ store, authorities, certificates, clock })
  const served = createServedCertificate({ store, log })
  const expiry = createExpiryWatch({ clock, log })
  const renewal = createRenewalWork({ certificates, authorities, served, expiry, log })
  const { record } = certificates
  return {
    ...{ store, authorities, certificates, authority, rollovers, served, expiry },
    ...{ clients, renewal, refreshTrust, journal },
    upstreamTrust: createUpstreamTrust({ store, record, readServerChain, clock }),
    overview: createCertificateOverview({
      ...{ ...kept, certificates, clients, policy, clock },
      hostNames: () => certificateNames(systemNetwork(), serverHostname),
      refusal: renewal.refusal,
    }),
    distributed: async () => authorities.distributed((await store.current())?.certificatePem),
    /** For the process that listens; `openHttps` where it has no certificate to listen with yet. */
    workers: (openHttps?: () => Promise<unknown>) => [
      new Worker({
        name: 'certificate-watch',
        step: () => served.refresh(),
        everyMs: lookEveryMs,
        log,
      }),
      new Worker({
        name: 'certificate-renewal',
        step: renewal.step,
        everyMs: renewEveryMs,
        log,
      }),
      ...(openHttps === undefined ? [] : [lateHttps(openHttps)]),
    ],
  }

  /** Opens the port when a pair was put in place; what the history remembers does not count. */
  function lateHttps(openHttps: () => Promise<unknown>): Worker {
    const step = async () => {
      if (await store.isPublished()) {
        await served.refresh()
        if ((await openHttps()) !== undefined) log.info('https port opened')
      }
      return 'idle' as const
    }
    return new Worker({ name: 'https-port', step, everyMs: lookEveryMs, log })
  }
}

/** How long the certificates still last, negative once they have ended, and who refuses them. */
export function measureCertificates(
  { expiry, clients }: Certificates,
  { registry }: Metrics,
): void {
  new Gauge({
    name: 'mooring_certificate_expiry_seconds',
    help: 'seconds until a certificate of this server ends',
    labelNames: ['certificate'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { role, seconds } of expiry.secondsLeft()) this.set({ certificate: role }, seconds)
    },
  })
  new Gauge({
    name: 'mooring_certificate_refusing_clients',
    help: 'addresses whose clients refused the certificate within a day',
    registers: [registry],
    collect() {
      this.set(clients.refusing().length)
    },
  })
  new Counter({
    name: 'mooring_certificate_refusals_total',
    help: 'TLS handshakes that clients ended because they did not accept the certificate',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(clients.refusals())
    },
  })
}
