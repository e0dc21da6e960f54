import { describeCertificate } from '@mooring/certs'

import type { CheckId } from '../features/appliance/health-checks.ts'
import { judged } from '../features/appliance/health-checks.ts'
import {
  clockProbe,
  damageProbe,
  databaseProbe,
  listenerProbe,
  processProbe,
  spaceProbe,
  storageProbe,
  pauseProbe,
  workerProbe,
  type HealthProbe,
} from '../features/appliance/health-probes.ts'
import {
  backupProbe,
  certificateProbe,
  handshakeProbe,
  renewalProbe,
  signInProbe,
} from '../features/appliance/trust-probes.ts'
import type { BackupJobs } from '../features/backups/backup-job-service.ts'
import { readReleaseTime, readVersion } from '../platform/version.ts'
import type { Parts } from '../wiring.ts'
import type { Foundation } from './area.ts'

const dayMs = 86_400_000

/** What is left of the certificates; right after a start only of the one that is served. */
export function certificateSeconds({
  certificates,
  clock,
}: Pick<Parts, 'certificates' | 'clock'>): readonly { role: string; seconds: number }[] {
  const watched = certificates.expiry.secondsLeft()
  const pem = certificates.served.current()?.certificatePem
  if (watched.length > 0 || pem === undefined) return watched
  const leftMs = describeCertificate(pem).notAfter - clock.now()
  return [{ role: 'server', seconds: Math.floor(leftMs / 1000) }]
}

/** What the health page looks at, by the check that says so when looking fails. */
export function healthProbes({ parts, people, live }: Foundation, backups: BackupJobs) {
  const { config, database, storage, certificates, clock, random } = parts
  const { mode, running, workers, pauses } = live
  const ofProcess = processProbe()
  const version: HealthProbe = () =>
    Promise.resolve([
      judged({ id: 'version', unit: 'none', parameters: { version: readVersion() } }, 'ok'),
    ])
  const all: Partial<Record<CheckId, HealthProbe>> = {
    clock: clockProbe({ db: database.db, clock, releasedAt: readReleaseTime() }),
    space: spaceProbe({
      storage,
      dataDir: config.dataDir,
      warningShare: config.diskspaceWarningThreshold,
      errorShare: config.diskspaceHealthThreshold,
    }),
    'database-latency': databaseProbe(database),
    'storage-latency': storageProbe({ storage, random, isReadOnly: () => mode.isOn() }),
    'listener-https': listenerProbe({ running }),
    'certificate-server': certificateProbe(() => certificateSeconds(parts)),
    renewal: renewalProbe({ clock }, async () => {
      const { server } = await certificates.overview.read()
      return server && { renewsAt: server.renewsAt, failure: server.renewalProblem?.code }
    }),
    backups: backupProbe({ clock }, async () => {
      const report = await backups.report()
      if (report === undefined) return undefined
      const { overdue, everyMs, result } = report
      const lastSuccessAt = result?.lastSuccessAt ?? null
      const failedAt = result?.lastFailureAt ?? null
      const hasFailed = failedAt !== null && failedAt > (lastSuccessAt ?? 0)
      return {
        ...{ overdue, everyMs, lastSuccessAt },
        failure: hasFailed ? (result?.lastFailure ?? '') : null,
      }
    }),
    'sign-in-failures': signInProbe(() => people.throttle.recentFailures()),
    'handshake-failures': handshakeProbe(
      () => certificates.clients.count(clock.now() - dayMs).failing,
    ),
    memory: ofProcess,
    workers: workerProbe({ workers }),
    'paused-workers': pauseProbe({ pauses }),
    'damaged-blobs': damageProbe(database),
    version,
  }
  return {
    all,
    close: () => {
      ofProcess[Symbol.dispose]()
    },
  }
}
