import { Gauge } from 'prom-client'
import { isServerHostname, type Config } from '../config/config.ts'
import { authorityKeyApi } from '../features/certificates/authority-key-api.ts'
import { createAuthorityService } from '../features/certificates/authority-service.ts'
import { createAuthorityStore } from '../features/certificates/authority-store.ts'
import { certificateApi, type TrustAddress } from '../features/certificates/certificate-api.ts'
import { createCertificateOverview } from '../features/certificates/certificate-overview-service.ts'
import { createCertificateService } from '../features/certificates/certificate-service.ts'
import { createCertificateStore } from '../features/certificates/certificate-store.ts'
import { createExpiryWatch } from '../features/certificates/expiry-watch.ts'
import { createHandshakeFailures } from '../features/certificates/handshake-failures.ts'
import { createRenewalWork } from '../features/certificates/renewal-work.ts'
import { createRolloverService } from '../features/certificates/rollover-service.ts'
import { createServedCertificate } from '../features/certificates/served-certificate.ts'
import type { Metrics } from '../features/metrics/metrics.ts'
import { certificateNames, hostOf, systemNetwork } from '../first-start/host-names.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

export function certificateRoutes({ parts }: Foundation): Area {
  const { config, certificates: all } = parts
  const { serverHostname, listen } = config
  const { certificates, authority, rollovers, authorities, served, distributed, overview } = all
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
  return {
    routes: [
      ...certificateApi({ certificates, overview, served, distributed, addressOf }),
      ...authorityKeyApi({ authority, rollovers, authorities, served }),
    ],
  }
}

export type Certificates = ReturnType<typeof wireCertificates>

/** Within this time a certificate that somebody put in place is served. */
const lookEveryMs = 2_000
const renewEveryMs = 3_600_000

/** The certificates of this server: what its ports and its command line share. */
export function wireCertificates({
  config,
  clock,
  random,
  log,
}: {
  config: Pick<Config, 'configDir' | 'serverHostname' | 'certificates'>
  clock: Clock
  random: Random
  log: Logger
}) {
  const { configDir, serverHostname } = config
  const { lifeDays, renewBeforeMs } = config.certificates
  const store = createCertificateStore({ configDir, clock, random })
  const authorities = createAuthorityStore({ configDir, paths: store.paths })
  const policy = { serverName: hostOf(serverHostname), lifeDays, beforeEndMs: renewBeforeMs }
  const certificates = createCertificateService({ store, authorities, policy, clock, log })
  const failures = createHandshakeFailures({ clock })
  const authority = createAuthorityService({ store, authorities, certificates, clock })
  const rollovers = createRolloverService({ store, authorities, certificates, clock })
  const served = createServedCertificate({ store, log })
  const expiry = createExpiryWatch({ clock, log })
  return {
    ...{ store, authorities, certificates, authority, rollovers, served, expiry },
    failures,
    overview: createCertificateOverview({
      ...{ store, authorities, certificates, failures, policy },
      hostNames: () => certificateNames(systemNetwork(), serverHostname),
    }),
    distributed: async () => authorities.distributed((await store.current())?.certificatePem),
    /** For the process that listens. */
    workers: () => [
      new Worker({
        name: 'certificate-watch',
        step: () => served.refresh(),
        everyMs: lookEveryMs,
        log,
      }),
      new Worker({
        name: 'certificate-renewal',
        step: createRenewalWork({ certificates, authorities, served, expiry, log }),
        everyMs: renewEveryMs,
        log,
      }),
    ],
  }
}

/** How long the certificates still last; negative once they have ended. */
export function measureExpiry({ expiry }: Certificates, { registry }: Metrics): void {
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
}
