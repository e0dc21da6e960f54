import { execFile } from 'node:child_process'
import { access, mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { fingerprint, trustClients, trustInstructions, trustScript } from '@mooring/certs'
import { Command, Option } from 'commander'
import { hostOf } from '../first-start/host-names.ts'
import { openCertificates, type CertOptions } from './cert-context.ts'
import { upstreamTrustCommands } from './cert-upstream-command.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions } from './data-options.ts'
import { print } from './print.ts'

interface Where {
  readonly podman?: boolean
  readonly docker?: boolean
  readonly system?: boolean
}

type TrustOptions = CertOptions & Where & { readonly host?: string[] }

/** One place in which this computer looks for authorities. */
interface TrustPlace {
  readonly file: string
  /** Whether its folder is there for it alone. */
  readonly isOwnFolder?: true
  /** Run after the file has changed. */
  readonly refresh?: readonly [string, ...string[]]
}

const run = promisify(execFile)

const systemStores: readonly { readonly folder: string; readonly refresh: readonly [string] }[] = [
  { folder: '/etc/pki/ca-trust/source/anchors', refresh: ['update-ca-trust'] },
  { folder: '/usr/local/share/ca-certificates', refresh: ['update-ca-certificates'] },
  { folder: '/etc/pki/trust/anchors', refresh: ['update-ca-certificates'] },
]

const withPlaces = (command: Command) =>
  withDataOptions(command)
    .option('--podman', 'for Podman, Buildah and Skopeo')
    .option('--docker', 'for Docker')
    .option('--system', 'for the programs of this computer; needs root')
    .option('--host <hosts...>', 'host[:port] by which the registry is reached')
    .option('--json', 'print one JSON object')

export function trustCommand(): Command {
  const command = withPlaces(new Command('trust'))
    .description('let the programs of this computer trust the CA; or what the registry trusts')
    .action(async (options: TrustOptions) => {
      const { distributed, serverHostname } = await openCertificates(options)
      const pem = await distributed()
      if (pem === undefined) throw new CommandError('there is no certificate authority here')
      const files = await eachPlace(options, serverHostname, async ({ file }) => {
        await mkdir(path.dirname(file), { recursive: true })
        await writeFile(file, pem, { mode: 0o644 })
      })
      print({ files }, files.map((file) => `trusted: ${file}`).join('\n'), options)
    })
  for (const one of upstreamTrustCommands()) command.addCommand(one)
  return command
}

export function untrustCommand(): Command {
  return withPlaces(new Command('untrust'))
    .description('take that back')
    .action(async (options: TrustOptions) => {
      const { serverHostname } = await openCertificates(options)
      const files = await eachPlace(options, serverHostname, ({ file, isOwnFolder }) =>
        remove(file, isOwnFolder === true),
      )
      print({ files }, files.map((file) => `removed: ${file}`).join('\n'), options)
    })
}

export function instructionsCommand(): Command {
  return withDataOptions(new Command('instructions'))
    .description('how each kind of client is made to trust the CA')
    .addOption(new Option('--client <client>', 'this one alone').choices(trustClients))
    .option('--host <host>', 'host[:port] by which clients reach the registry')
    .option('--json', 'print one JSON object')
    .action(async (options: CertOptions & { readonly client?: string; readonly host?: string }) => {
      const { distributed, serverHostname, ports } = await openCertificates(options)
      const pem = await distributed()
      if (pem === undefined) throw new CommandError('there is no certificate authority here')
      const address = options.host ?? serverHostname
      const host = hostOf(address)
      const httpUrl = `http://${host.includes(':') ? `[${host}]` : host}:${String(ports.httpPort)}`
      const target = { host, port: portOf(address), httpUrl, fingerprint: fingerprint(pem) }
      const all = trustInstructions(target).filter(
        ({ client }) => options.client === undefined || client === options.client,
      )
      print({ instructions: all }, all.map(trustScript).join('\n'), options)
    })
}

async function eachPlace(
  options: TrustOptions,
  serverHostname: string,
  work: (place: TrustPlace) => Promise<void>,
): Promise<readonly string[]> {
  const places = await placesOf(options, options.host ?? [serverHostname])
  if (places.length === 0) {
    throw new CommandError('say where: --podman, --docker or --system, or several of them')
  }
  for (const place of places) {
    await work(place).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw new CommandError(`cannot change ${place.file}: ${reason}; run this as root`)
    })
  }
  const commands = new Set(places.flatMap(({ refresh = [] }) => refresh))
  for (const command of commands) {
    await run(command).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw new CommandError(`${command} failed: ${reason}`)
    })
  }
  return places.map(({ file }) => file)
}

async function remove(file: string, withFolder: boolean): Promise<void> {
  await rm(file, { force: true })
  // Somebody may keep other certificates or keys for the same host.
  if (withFolder) await rmdir(path.dirname(file)).catch(() => undefined)
}

async function placesOf(where: Where, hosts: readonly string[]): Promise<readonly TrustPlace[]> {
  const isRoot = process.getuid?.() === 0
  const podman = isRoot
    ? '/etc/containers/certs.d'
    : path.join(homedir(), '.config/containers/certs.d')
  const perHost = (folder: string) =>
    hosts.map((host) => ({
      file: path.join(folder, clientName(host), 'ca.crt'),
      isOwnFolder: true as const,
    }))
  return [
    ...(where.podman === true ? perHost(podman) : []),
    ...(where.docker === true ? perHost('/etc/docker/certs.d') : []),
    ...(where.system === true ? [await systemPlace()] : []),
  ]
}

async function systemPlace(): Promise<TrustPlace> {
  for (const { folder, refresh } of systemStores) {
    const isHere = await access(folder).then(
      () => true,
      () => false,
    )
    if (isHere) return { file: path.join(folder, 'mooring-ca.crt'), refresh }
  }
  throw new CommandError(
    'the trust store of this system is not known here; "mooring cert instructions" shows the commands',
  )
}

/** As clients spell it: without the port of HTTPS. */
function clientName(host: string): string {
  if (!/^[\w.-]+(?::\d{1,5})?$|^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/.test(host)) {
    throw new CommandError(`${host} is no host[:port]`)
  }
  return host.replace(/:443$/, '')
}

function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address.replace(/^\[.*\]/, ''))?.[1] ?? 443)
}
