import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { environment } from '../config/read-config.ts'
import { settleDeployment } from '../features/config-editor/deploy-bundle.ts'
import { createEditorHandler } from '../features/config-editor/editor-handler.ts'
import { closeListener, listen } from '../http/listen.ts'
import { tlsMaterial, type TlsMaterial } from '../http/tls-options.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { stoppedBySignals } from './serve-command.ts'

interface ConfigServeOptions extends DataOptions {
  readonly host?: string
  readonly port: string
  readonly operatorEndpoint?: string
  readonly readonlyFieldgroups?: string
}

const drainMs = 5_000

export function configServeCommand(): Command {
  return withDataOptions(new Command('serve'))
    .description("open Quay's config editor for programs, user quayconfig")
    .argument('<secret>', 'the password that callers have to give')
    .option('--host <address>', 'listen on this address only')
    .option('--port <port>', 'the port', '8080')
    .option('--operator-endpoint <url>', 'where the operator that deployed this listens')
    .option('--readonly-fieldgroups <names>', 'groups that are not to be changed, with commas')
    .action(serveEditor)
}

async function serveEditor(secret: string, options: ConfigServeOptions): Promise<void> {
  const port = Number(options.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new CommandError(`--port ${options.port} is no port`)
  }
  const stopping = stoppedBySignals()
  const directories = dataDirectories(options)
  const log = createLogger('info')
  await settleDeployment(directories.configDir)
  const tls = await editorTls()
  if (tls === undefined) {
    log.warn(
      'the editor speaks HTTP: set CONFIG_TOOL_PUBLIC_KEY and CONFIG_TOOL_PRIVATE_KEY for TLS',
    )
  }
  const groups = options.readonlyFieldgroups?.split(',').filter((name) => name !== '')
  const listener = await listen({
    title: 'the config editor',
    setBy: '--port',
    port,
    address: { family: 'IPv4', ...(options.host !== undefined && { host: options.host }) },
    ...(tls !== undefined && { tls }),
    handler: createEditorHandler({
      ...directories,
      password: secret,
      operatorEndpoint: options.operatorEndpoint,
      readOnlyFieldGroups: groups ?? [],
      clock: systemClock,
      env: environment,
      log,
    }),
  })
  process.stdout.write(`The config editor listens on ${listener.url}, user quayconfig\n`)
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
  await closeListener(listener, drainMs)
  log.flush()
}

async function editorTls(): Promise<TlsMaterial | undefined> {
  const certificateFile = environment['CONFIG_TOOL_PUBLIC_KEY'] ?? ''
  const keyFile = environment['CONFIG_TOOL_PRIVATE_KEY'] ?? ''
  if (certificateFile === '' || keyFile === '') return undefined
  const [certificatePem, keyPem] = await Promise.all([
    readFile(certificateFile, 'utf8'),
    readFile(keyFile, 'utf8'),
  ])
  return tlsMaterial({ certificatePem, keyPem }, { protocols: ['TLSv1.2', 'TLSv1.3'] })
}
