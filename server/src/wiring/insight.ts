import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { describeEnvironment, settingsSchema } from '../config/config.ts'
import { environment } from '../config/read-config.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import { logApi } from '../features/audit/log-api.ts'
import { createLogExportFiles } from '../features/audit/log-export-file.ts'
import { mailExportReport } from '../features/audit/log-export-mail.ts'
import { runLogExports } from '../features/audit/log-export-run.ts'
import { createLogExportService } from '../features/audit/log-export-service.ts'
import { logKindId } from '../features/audit/log-kinds.ts'
import { rollUpLogs } from '../features/audit/log-rollup.ts'
import { createLogService } from '../features/audit/log-service.ts'
import { discoveryApi } from '../features/discovery/discovery-api.ts'
import { createDiscoveryService } from '../features/discovery/discovery-service.ts'
import { healthApi } from '../features/health/health-api.ts'
import { createHealthService } from '../features/health/health-service.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import { registrySizeApi } from '../features/registry-size/registry-size-api.ts'
import {
  createRegistrySizeService,
  measureRegistry,
} from '../features/registry-size/registry-size-service.ts'
import { ratePopularity } from '../features/repositories/popularity.ts'
import { applianceApi } from '../features/superuser/appliance-api.ts'
import { createApplianceService } from '../features/superuser/appliance-service.ts'
import { createLease, underLease } from '../work/lease.ts'
import { Worker, type Step } from '../work/worker.ts'
import { wireAppliance } from './appliance.ts'
import type { Area, Foundation } from './area.ts'
import { wireBackups } from './backups.ts'
import { wireSupport } from './support.ts'

const changeLogFile = fileURLToPath(new URL('../../../CHANGELOG.md', import.meta.url))
const secondMs = 1_000
const hourMs = 3_600_000

/** Logs, the server itself, its health, the discovery document. */
export function wireInsight(foundation: Foundation, endpoints: () => readonly Endpoint[]): Area {
  const { parts, people } = foundation
  const { config, database, storage, clock, random } = parts
  const { access, accounts } = people
  const backups = wireBackups(foundation)
  const warnings = async () => ({
    certificate: !parts.certificates.expiry.endsSoon(),
    ...(await backups.warnings()),
  })
  const health = createHealthService({ database, storage, clock, random, config, warnings })
  const appliance = createApplianceService({
    accounts,
    access,
    config,
    environment: () => describeEnvironment(environment),
    schema: settingsSchema,
    changeLogFile,
    shutDown: parts.shutDown,
  })
  const logs = wireLogs(foundation)
  const own = wireAppliance(foundation, backups.jobs)
  return {
    routes: [
      ...logs.routes,
      ...backups.routes,
      ...own.routes,
      ...wireSupport(foundation, health).routes,
      ...applianceApi({ appliance }),
      ...healthApi({ health, access, baseUrl: `${config.urlScheme}://${config.serverHostname}` }),
      ...discoveryApi({
        descriptions: createDiscoveryService({ endpoints, config }),
        acceptsSparse: config.features.sparseIndex,
      }),
    ],
    workers: [
      ...backups.workers,
      ...(own.workers ?? []),
      ...(config.registryState === 'readonly' ? [] : logs.workers),
    ],
  }
}

function wireLogs({ parts, people, avatars, pageTokens }: Foundation) {
  const { config, database, clock, random, log } = parts
  const { db } = database
  const outgoing = createOutgoingService({ config: config.outgoing })
  const logs = createLogService({ db, clock, pageTokens, config })
  const folder = path.join(config.dataDir, 'exportedactionlogs')
  const files = createLogExportFiles({ db, logs, folder })
  const exports = createLogExportService({
    ...{ db, clock, random, outgoing, files },
    audit: people.audit,
  })
  const mail = people.mail.enabled ? mailExportReport(people.mail) : undefined
  const worker = (name: string, everyMs: number, step: Step) =>
    new Worker({ name, step, everyMs, log })
  const holder = random.uuid()
  const alone = (name: string, step: Step) =>
    underLease(createLease({ db, clock, name, holder }), step)
  const registrySize = createRegistrySizeService({ db })
  const measure = alone('registry-size', measureRegistry({ db, clock }))
  const rate = ratePopularity({ db, clock, pullKindId: logKindId('pull_repo') })
  return {
    routes: [...logApi({ logs, exports, avatars }), ...registrySizeApi({ registrySize })],
    workers: [
      // These two need no lease: what one server adds up or takes on, another leaves alone.
      worker('log-rollup', 5 * secondMs, rollUpLogs({ db, clock })),
      worker(
        'log-export',
        2 * secondMs,
        runLogExports({ db, clock, log, files, outgoing, mail, config }),
      ),
      // A lease is written down, so it is asked for only when there is something to do.
      new Worker({
        name: 'registry-size',
        step: async (stopping) => ((await registrySize.isWanted()) ? measure(stopping) : 'idle'),
        everyMs: 5 * secondMs,
        log,
        pausing: 'at-once',
      }),
      worker('popularity', hourMs, alone('popularity', rate)),
    ],
  }
}
