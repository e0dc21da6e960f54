import { isAbsolute } from 'node:path'

import type { Config } from '../config/config.ts'
import { applianceHealthApi } from '../features/appliance/appliance-health-api.ts'
import { createApplianceHealth } from '../features/appliance/appliance-health-service.ts'
import { createChecklist } from '../features/appliance/checklist-service.ts'
import { controlApi } from '../features/appliance/control-api.ts'
import { createControlService } from '../features/appliance/control-service.ts'
import { homeApi } from '../features/appliance/home-api.ts'
import { createHome } from '../features/appliance/home-service.ts'
import { createMeasureService } from '../features/appliance/measure-service.ts'
import { createScrubService } from '../features/appliance/scrub-service.ts'
import { createServiceLog } from '../features/appliance/service-log.ts'
import { serviceLogApi } from '../features/appliance/service-log-api.ts'
import { storageApi } from '../features/appliance/storage-api.ts'
import { createStorageService } from '../features/appliance/storage-service.ts'
import { kioskApi } from '../features/appliance/kiosk-api.ts'
import { createKioskService } from '../features/appliance/kiosk-service.ts'
import { workerPauseApi } from '../features/appliance/worker-pause-api.ts'
import { createPauseControl } from '../features/appliance/worker-pause-service.ts'
import { logKindId } from '../features/audit/log-kinds.ts'
import type { BackupJobs } from '../features/backups/backup-job-service.ts'
import { eventApi } from '../features/events/event-api.ts'
import { createEventService } from '../features/events/event-service.ts'
import { createListenerCheck } from '../features/events/listener-check.ts'
import { planCollection } from '../features/gc/collection-plan.ts'
import { drawerApi } from '../features/notifications/drawer-api.ts'
import { createDrawerService } from '../features/notifications/drawer-service.ts'
import { preferenceApi } from '../features/preferences/preference-api.ts'
import { createPreferenceService } from '../features/preferences/preference-service.ts'
import { createUploadListService } from '../features/uploads/upload-list-service.ts'
import { readVersion } from '../platform/version.ts'
import { createLease } from '../work/lease.ts'
import { Worker, type Step } from '../work/worker.ts'
import { certificateSeconds, healthProbes } from './appliance-probes.ts'
import type { Area, Foundation } from './area.ts'
import { collectsEverything } from './collection.ts'

const secondMs = 1_000
const hourMs = 3_600_000

/** What the interface asks of the appliance itself. */
export function wireAppliance(foundation: Foundation, backups: BackupJobs): Area {
  const { parts, people, pageTokens, live } = foundation
  const { config, database, storage, certificates, clock, random, log } = parts
  const { db } = database
  const { bus, mode, running, workers, pauses, collection } = live
  const isReadOnly = () => mode.isOn()

  const measure = createMeasureService({ database, storage, clock, log, isReadOnly })
  const storageReport = createStorageService({
    ...{ database, storage, clock, measure, config },
    backupFolder: folderOf(config),
  })
  const scrubs = createScrubService({
    ...{ db, storage, clock, random, log, bus, isReadOnly },
    lease: createLease({ db, clock, name: 'scrub', holder: random.uuid() }),
    total: async () => {
      const content = await measure.content()
      return { blobs: content?.blobs ?? 0, bytes: content?.contentBytes ?? 0 }
    },
  })
  const probes = healthProbes(foundation, backups)
  const health = createApplianceHealth({ db, clock, log, bus, probes: probes.all })
  const checklist = createChecklist({
    db,
    hasOwnAuthority: async () => (await certificates.authorities.find()) !== undefined,
    hasBackupTarget: config.backups !== undefined,
    administrators: async () => {
      const found = await Promise.all(config.superUsers.map((name) => people.accounts.find(name)))
      return found.filter((account) => account?.enabled === 1).length
    },
    isReadOnly,
  })
  live.onAuthorityFetched(() => checklist.authorityFetched())
  const home = createHome({
    ...{ db, clock, health, measure, backups, mode, checklist },
    storage: storageReport,
    certificateSeconds: () => certificateSeconds(parts),
    pullKindId: logKindId('pull_repo'),
  })
  const control = createControlService({
    ...{ clock, log, running, workers, pauses, mode },
    version: readVersion(),
    restartedBy: parts.restartedBy,
    shutDown: parts.shutDown,
  })

  const check = createListenerCheck({
    accounts: people.accounts,
    verifyOAuthToken: (token) => people.oauthTokens.verify(token),
    clock,
  })
  const streams = { bus, limit: live.streams, check }
  const events = createEventService({
    bus,
    boot: random.bytes(4).toString('hex'),
    access: people.access,
    repositories: people.repositories,
    notifications: people.notifications,
  })

  const worker = (name: string, everyMs: number, step: Step, stopped?: () => Promise<void>) =>
    new Worker({ name, everyMs, step, log, ...(stopped !== undefined && { stopped }) })
  const scrubWorker = new Worker({
    ...{ name: 'scrub', everyMs: 60 * secondMs, step: scrubs.step, log },
    pausing: 'at-once',
  })
  scrubs.attach(() => {
    scrubWorker.wake()
  })
  const stopProbes = () => {
    probes.close()
    return Promise.resolve()
  }
  return {
    routes: [
      ...homeApi({ home, checklist }),
      ...applianceHealthApi({ health }),
      ...storageApi({
        ...{ storage: storageReport, collection, scrubs, pageTokens },
        findPlan: () => planCollection({ database, clock, config: collectsEverything(config) }),
        everyMs: config.collection.everyMs,
        uploads: createUploadListService({ db, storage, log }),
      }),
      ...controlApi({ control, mode }),
      ...kioskApi({ kiosk: createKioskService({ db, ...people }) }),
      ...workerPauseApi({
        control: createPauseControl({ db, clock, audit: people.audit }),
        refresh: () => pauses.refresh(),
      }),
      ...serviceLogApi({ log: createServiceLog({ ring: parts.logRing }), ...streams }),
      ...eventApi({ events, ...streams }),
      ...preferenceApi({ preferences: createPreferenceService({ db }) }),
      ...drawerApi({ drawer: createDrawerService({ db }) }),
    ],
    workers: [
      live.modeWatch,
      live.pauseWatch,
      live.connectionWatch,
      live.factsWriter,
      worker('health', 60 * secondMs, health.step, stopProbes),
      worker('growth', 6 * hourMs, measure.step, () => measure.close()),
      scrubWorker,
      worker('backup-progress', secondMs, tellBackups(foundation, backups)),
    ],
  }
}

/** Where backups go, when that is a folder. */
function folderOf({ backups }: Pick<Config, 'backups'>): string | undefined {
  const target = backups?.target
  return target !== undefined && isAbsolute(target) ? target : undefined
}

/** What is told is what changed since the last look. */
function tellBackups({ live }: Foundation, backups: Pick<BackupJobs, 'current' | 'find'>): Step {
  let told = ''
  let followed: string | undefined
  return () => {
    const job = backups.current() ?? (followed === undefined ? undefined : backups.find(followed))
    followed = backups.current()?.id
    if (job === undefined) return Promise.resolve('idle')
    const text = JSON.stringify(job)
    if (text !== told) {
      live.bus.publish('jobs', { job: 'backup', id: job.id, progress: { ...job.progress } })
    }
    told = text
    return Promise.resolve('idle')
  }
}
