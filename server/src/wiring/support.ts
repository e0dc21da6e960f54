import type { Clock, Instant } from '../platform/clock.ts'
import type { LogRing } from '../platform/log-ring.ts'
import { runDoctor } from '../probes/run-doctor.ts'
import { environment } from '../config/read-config.ts'
import type { Config } from '../config/config.ts'
import type { TestLine } from '../contract/setup.ts'
import type { HealthService } from '../features/health/health-service.ts'
import { supportApi } from '../features/support/support-api.ts'
import { createSupportService, type SupportPart } from '../features/support/support-service.ts'
import type { Area, Foundation } from './area.ts'
import {
  aboutPart,
  certificatesPart,
  databasePart,
  diskPart,
  doctorPart,
  isOlder,
  jsonPart,
  knownNames,
  settingSecrets,
  settingsPart,
} from './support-parts.ts'

/** Support bundles of the running server. */
export function wireSupport({ parts }: Foundation, health: HealthService): Area {
  const { config, database, storage, certificates, clock, logRing } = parts
  const support = createSupportService({
    parts: [
      aboutPart(clock, () => ({
        uptime_seconds: Math.round(process.uptime()),
        memory_bytes: process.memoryUsage.rss(),
      })),
      settingsPart(config),
      jsonPart('health.json', async () => ({
        instance: await health.instance(),
        end_to_end: await health.endToEnd(),
        warning: await health.warning(),
      })),
      doctorPart(remembered(clock, () => examineServer(config))),
      certificatesPart(certificates),
      databasePart(database),
      diskPart(config, storage),
      logPart(logRing),
    ],
    names: () => knownNames(config, database),
    secrets: () => settingSecrets(config.configDir, environment),
    clock,
  })
  return { routes: supportApi({ support }) }
}

/** The doctor reads settings; what the command line set for this process, it is told. */
function examineServer({ dataDir, configDir, listen }: Config): Promise<readonly TestLine[]> {
  const env = {
    ...environment,
    MOORING_HTTPS_PORT: String(listen.httpsPort),
    MOORING_HTTP_PORT: String(listen.httpPort),
    ...(listen.host !== undefined && {
      MOORING_LISTEN_HOST: [listen.host, ...(listen.moreHosts ?? [])].join(),
    }),
  }
  return runDoctor({ dataDir, configDir, env })
}

const rememberedMs = 60_000

/** A look at the bundle and the bundle itself show the same, and an examination takes a while. */
function remembered<T>(clock: Clock, work: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: Instant; readonly result: Promise<T> } | undefined
  return () => {
    if (last === undefined || clock.now() - last.at >= rememberedMs) {
      const started = { at: clock.now(), result: work() }
      last = started
      started.result.catch(() => {
        if (last === started) last = undefined
      })
    }
    return last.result
  }
}

function logPart(ring: LogRing): SupportPart {
  return {
    name: 'log.jsonl',
    read(since) {
      const lines: string[] = []
      for (const { text } of ring.newestFirst()) {
        if (isOlder(text, since)) break
        lines.push(text)
      }
      return Promise.resolve({ kind: 'lines', lines: lines.reverse() })
    },
  }
}
