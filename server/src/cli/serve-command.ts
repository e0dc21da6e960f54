import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fingerprint } from '@mooring/certs'
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { firstStartBanner, laterStartBanner } from '../first-start/banner.ts'
import { hostOf } from '../first-start/host-names.ts'
import type { RunningServer } from '../start.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { readOptionalFile } from './read-optional-file.ts'
import { runServer } from './run-server.ts'

interface Options extends DataOptions {
  readonly host?: string
  readonly port?: string
  readonly httpPort?: string
  readonly metricsPort?: string
  readonly hostname?: string
  readonly readyFile?: string
}

export function serveCommand(): Command {
  return withDataOptions(new Command('serve'))
    .description('run the registry; an empty data directory becomes a working one first')
    .option('--host <address>', 'listen on this address only (MOORING_LISTEN_HOST)')
    .option('--port <port>', 'HTTPS port, 8443 unless set (MOORING_HTTPS_PORT)')
    .option('--http-port <port>', 'HTTP port, 8080 unless set (MOORING_HTTP_PORT)')
    .option('--metrics-port <port>', 'Prometheus port, 9091 unless set (MOORING_METRICS_PORT)')
    .option('--hostname <name>', 'first start: the name that clients will use (SERVER_HOSTNAME)')
    .option('--ready-file <file>', 'write the addresses as JSON to this file once it listens')
    .action(serve)
}

async function serve(options: Options): Promise<void> {
  const stopping = new AbortController()
  stopWithSignals(() => {
    stopping.abort()
  })
  await runServer(options, {
    stopping,
    onRunning: async (config, server) => {
      process.stdout.write(await banner(config, server))
      if (options.readyFile !== undefined) {
        await writeFile(options.readyFile, JSON.stringify({ ...server.urls, pid: process.pid }))
      }
    },
  })
}

/** The first SIGTERM or SIGINT ends the server well; a second one ends the process at once. */
function stopWithSignals(stop: () => void): void {
  const first = () => {
    stop()
    process.once('SIGTERM', () => process.exit(1))
    process.once('SIGINT', () => process.exit(1))
  }
  process.once('SIGTERM', first)
  process.once('SIGINT', first)
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
