import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fingerprint } from '@mooring/certs'
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { environment } from '../config/read-config.ts'
import { firstStartBanner, laterStartBanner } from '../first-start/banner.ts'
import { hostOf } from '../first-start/host-names.ts'
import { createLogger } from '../platform/logger.ts'
import { createServiceNotify, type ServiceNotify } from '../platform/service-notify.ts'
import type { RunningServer } from '../start.ts'
import { setupBanner } from '../setup/setup-banner.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { readOptionalFile } from './read-optional-file.ts'
import { runServer } from './run-server.ts'

export interface ServeOptions extends DataOptions {
  readonly host?: string
  readonly port?: string
  readonly httpPort?: string
  readonly metricsPort?: string
  readonly hostname?: string
  readonly readyFile?: string
  readonly migrate?: boolean
  readonly setup?: boolean
}

export function serveCommand(): Command {
  return withServeOptions(new Command('serve'))
    .description('run the registry; an empty data directory becomes a working one first')
    .option('--setup', 'where there are no settings yet, open the setup page (MOORING_SETUP=1)')
    .action(serve)
}

/** What every command that runs the registry takes. */
export function withServeOptions(command: Command): Command {
  return withDataOptions(command)
    .option('--host <address>', 'listen on this address only, or a,b (MOORING_LISTEN_HOST)')
    .option('--port <port>', 'HTTPS port, 8443 unless set (MOORING_HTTPS_PORT)')
    .option('--http-port <port>', 'HTTP port, 8080 unless set (MOORING_HTTP_PORT)')
    .option('--metrics-port <port>', 'Prometheus port, 9091 unless set (MOORING_METRICS_PORT)')
    .option('--hostname <name>', 'first start: the name that clients will use (MOORING_HOSTNAME)')
    .option('--ready-file <file>', 'write the addresses as JSON to this file once it listens')
}

export async function serve(options: ServeOptions): Promise<void> {
  const stopping = stoppedBySignals()
  const service = serviceOfThisProcess(stopping.signal)
  const hostname = options.hostname ?? environment['MOORING_HOSTNAME']
  await runServer(
    { ...options, ...(hostname !== undefined && { hostname }) },
    {
      stopping,
      onSetup: async (setup) => {
        process.stdout.write(setupBanner(setup))
        await service.ready('Waiting for setup')
        service.watch(() => Promise.resolve(true))
        if (options.readyFile !== undefined) {
          const ready = { setup: true, https: setup.url, http: setup.localUrl, pid: process.pid }
          await writeFile(options.readyFile, JSON.stringify(ready))
        }
      },
      onRunning: async (config, server) => {
        process.stdout.write(await banner(config, server))
        await service.ready(`Serving ${config.urlScheme}://${config.serverHostname}`)
        service.watch(server.answers)
        if (options.readyFile !== undefined) {
          await writeFile(options.readyFile, JSON.stringify({ ...server.urls, pid: process.pid }))
        }
      },
    },
  )
}

/** The first SIGTERM or SIGINT ends the server well; a second one ends the process at once. */
export function stoppedBySignals(): AbortController {
  const stopping = new AbortController()
  const first = () => {
    stopping.abort()
    process.once('SIGTERM', () => process.exit(1))
    process.once('SIGINT', () => process.exit(1))
  }
  process.once('SIGTERM', first)
  process.once('SIGINT', first)
  return stopping
}

/** What systemd hears of this process, where it is the one that started it. */
export function serviceOfThisProcess(stopping: AbortSignal): ServiceNotify {
  const log = createLogger('warn')
  const service = createServiceNotify({ env: environment, pid: process.pid, log })
  stopping.addEventListener('abort', () => void service.stopping(), { once: true })
  return service
}

async function banner(config: Config, { urls, firstAccount }: RunningServer): Promise<string> {
  const configFile = path.join(config.configDir, 'config.yaml')
  const url = `${config.urlScheme}://${config.serverHostname}`
  if (firstAccount === undefined) return laterStartBanner({ url, configFile })
  const authority = await readOptionalFile(path.join(config.configDir, 'ca.crt'))
  return firstStartBanner({
    ...firstAccount,
    host: hostOf(config.serverHostname),
    httpsPort: Number(new URL(urls.https ?? urls.http).port),
    httpPort: Number(new URL(urls.http).port),
    ...(authority === undefined ? {} : { fingerprint: fingerprint(authority) }),
    configFile,
  })
}
