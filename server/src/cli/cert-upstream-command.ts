import { certificatesIn, describeCertificate } from '@mooring/certs'
import { Command } from 'commander'
import { trustFileName } from '../features/certificates/upstream-trust-service.ts'
import type { TlsServer } from '../features/outgoing/server-chain-service.ts'
import { readConnection } from '../features/upstreams/connection-service.ts'
import { disconnectedFault } from '../upstream/guard.ts'
import { commandLine, openCertificates, readInput, type CertOptions } from './cert-context.ts'
import { showExtra, summary } from './cert-show.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { withDatabase } from './with-database.ts'

interface AddOptions extends CertOptions {
  readonly name?: string
  readonly fingerprint?: string
}

const command = (name: string) =>
  withDataOptions(new Command(name)).option('--json', 'print one JSON object')
const nameOption = ['--name <name>', 'of the file in extra_ca_certs'] as const
const isFollowed = 'A running server follows within a few seconds.'

/** `trust` has options of the same names, and takes them before these commands see them. */
const optionsOf = (called: Command) => called.optsWithGlobals<AddOptions>()

/** `mooring cert trust list|add|fetch|remove`: what the registry itself trusts. */
export function upstreamTrustCommands(): readonly Command[] {
  return [list(), add(), fetchFromServer(), remove()]
}

function list(): Command {
  return command('list')
    .description('the CAs that the registry trusts besides those of its system')
    .action((_own: unknown, called: Command) => showExtra(optionsOf(called)))
}

function add(): Command {
  return command('add')
    .description('let the registry trust CAs: PEM')
    .argument('<file>', 'certificates; - is standard input')
    .option(...nameOption)
    .action(async (file: string, _own: unknown, called: Command) => {
      const options = optionsOf(called)
      const { upstreamTrust } = await openCertificates(options)
      const pem = (await readInput(file === '-' ? '/dev/stdin' : file)).toString('latin1')
      await upstreamTrust.add(pem, { name: checkName(options.name) }, commandLine)
      printTrusted(certificatesIn(pem), options)
    })
}

function fetchFromServer(): Command {
  return command('fetch')
    .description('show the CAs that a server shows; with --fingerprint, trust one of them')
    .argument('<host>', 'host[:port], 443 unless given')
    .option('--fingerprint <sha256>', 'of the CA to trust, once you have compared it')
    .option(...nameOption)
    .action(async (host: string, _own: unknown, called: Command) => {
      const options = optionsOf(called)
      const { upstreamTrust } = await openCertificates(options)
      const server = parseServer(host)
      await requireConnected(server, options)
      const { fingerprint } = options
      if (fingerprint !== undefined) {
        const name = checkName(options.name)
        await upstreamTrust.addFromServer({ ...server, fingerprint }, { name }, commandLine)
        print({ trusted: [fingerprint] }, `trusted: ${fingerprint}\n${isFollowed}`, options)
        return
      }
      const { chain, problem } = await upstreamTrust.fetch(server)
      const found = chain.map(describeCertificate)
      const lines = [
        ...found.map((one) => `${one.isSelfIssued ? 'CA' : '  '} ${summary(one)}`),
        problem === undefined
          ? 'It is trusted already.'
          : `Not trusted: ${problem}. Compare the fingerprint with whoever runs the server, then\nadd --fingerprint.`,
      ]
      print({ chain: found, problem }, lines.join('\n'), options)
    })
}

/**
 * Nobody is asked while the site is disconnected. A database that cannot be opened is no refusal: its
 * own server may be the one whose authority is to be trusted.
 */
async function requireConnected({ host, port }: TlsServer, options: DataOptions): Promise<void> {
  const state = await withDatabase(options, ({ database }) => readConnection(database.db)).catch(
    () => undefined,
  )
  if (state?.connected !== false) return
  const asked = { host: `${host}:${String(port)}`, asked: 'its certificate' }
  throw new CommandError(
    `${disconnectedFault(asked).message}; "mooring mirror connect" connects it again`,
  )
}

function remove(): Command {
  return command('remove')
    .description('let the registry trust one of them no more')
    .argument('<fingerprint>', 'SHA-256, from the list')
    .action(async (fingerprint: string, _own: unknown, called: Command) => {
      const options = optionsOf(called)
      const { upstreamTrust } = await openCertificates(options)
      await upstreamTrust.remove(fingerprint, commandLine)
      print({ removed: fingerprint }, `removed: ${fingerprint}\n${isFollowed}`, options)
    })
}

function printTrusted(pems: readonly string[], options: CertOptions): void {
  const trusted = pems.map(describeCertificate)
  const lines = trusted.map((one) => `trusted: ${summary(one)}`)
  print({ trusted }, [...lines, isFollowed].join('\n'), options)
}

function checkName(name: string | undefined): string | undefined {
  if (name === undefined || trustFileName.test(name)) return name
  throw new CommandError(`${name} is no name for a file`)
}

function parseServer(text: string): TlsServer {
  const [, bracketed, plain, port = '443'] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new CommandError(`${text} is no host[:port]`)
  }
  return { host, port: Number(port) }
}
