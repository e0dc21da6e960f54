import { keyTypes } from '@mooring/certs'
import { Command, Option } from 'commander'
import { certAuthorityCommand } from './cert-authority-command.ts'
import {
  commandLine,
  numberOption,
  openCertificates,
  readInput,
  readPassphraseFile,
  type CertOptions,
} from './cert-context.ts'
import { printEntry, showHistory, showStatus, showTrusted } from './cert-show.ts'
import { instructionsCommand, trustCommand, untrustCommand } from './cert-trust-command.ts'
import { withDataOptions } from './data-options.ts'
import { print } from './print.ts'

interface IssueOptions extends CertOptions {
  readonly name?: string[]
  readonly keepKey?: boolean
  readonly keyType?: (typeof keyTypes)[number]
  readonly days?: string
  readonly passphraseFile?: string
}

interface ReplaceOptions extends CertOptions {
  readonly passphraseFile?: string
  readonly force?: boolean
}

export function certCommand(): Command {
  return new Command('cert')
    .description('the certificates of the registry: a running one follows within seconds')
    .addCommand(status())
    .addCommand(renew())
    .addCommand(replace())
    .addCommand(request())
    .addCommand(rollBack())
    .addCommand(history())
    .addCommand(certAuthorityCommand())
    .addCommand(list())
    .addCommand(trustCommand())
    .addCommand(untrustCommand())
    .addCommand(instructionsCommand())
}

const command = (name: string) =>
  withDataOptions(new Command(name)).option('--json', 'print one JSON object')
const passphraseHelp = "file whose first line is the passphrase of the CA's key"
const keyTypeOption = () => new Option('--key-type <type>', 'of the new key').choices(keyTypes)

function status(): Command {
  return command('status')
    .alias('show')
    .description('show the server certificate, the CA that signed it, and what is wrong with them')
    .action(showStatus)
}

function renew(): Command {
  return command('renew')
    .description('issue the certificate again, with the names it has or others')
    .option('--name <names...>', 'all host names and addresses that it shall carry')
    .option('--keep-key', 'keep its key')
    .addOption(keyTypeOption())
    .option('--days <days>', 'how long it is valid, 1 to 825')
    .option('--passphrase-file <file>', passphraseHelp)
    .action(async (options: IssueOptions) => {
      const { certificates } = await openCertificates(options)
      const wishes = {
        names: options.name,
        keepKey: options.keepKey,
        keyType: options.keyType,
        days: numberOption(options.days, '--days'),
        passphrase: await readPassphraseFile(options.passphraseFile),
      }
      printEntry(await certificates.renew(wishes, commandLine), options)
    })
}

function replace(): Command {
  return command('replace')
    .description('use a finished certificate: PEM, DER, PKCS#7 or PKCS#12, with its key')
    .argument('<files...>', 'certificate, chain and key, in one file or several')
    .option('--passphrase-file <file>', 'file whose first line opens the key or the PKCS#12 file')
    .option('--force', 'also one that clients would refuse')
    .action(async (files: string[], options: ReplaceOptions) => {
      const { certificates } = await openCertificates(options)
      const inputs = await Promise.all(files.map(readInput))
      const passphrase = await readPassphraseFile(options.passphraseFile)
      const wishes = { inputs, passphrase, force: options.force }
      printEntry(await certificates.replace(wishes, commandLine), options)
    })
}

function request(): Command {
  const create = command('create')
    .description('make a key and a request that another CA can sign; the request is printed')
    .option('--name <names...>', 'host names and addresses')
    .option('--organization <name>')
    .option('--country <code>', 'two letters')
    .addOption(keyTypeOption())
    .action(
      async (
        options: IssueOptions & { readonly organization?: string; readonly country?: string },
      ) => {
        const { certificates } = await openCertificates(options)
        const { organization, country, keyType, name: names } = options
        const wishes = { names, organization, country, keyType }
        const made = await certificates.createRequest(wishes, commandLine)
        print({ ...made }, made.requestPem.trimEnd(), options)
      },
    )
  const complete = command('complete')
    .description('use the certificate that was signed for the request')
    .argument('<files...>', 'certificate and chain')
    .option('--force', 'also one that clients would refuse')
    .action(async (files: string[], options: ReplaceOptions) => {
      const { certificates } = await openCertificates(options)
      const inputs = await Promise.all(files.map(readInput))
      const wishes = { inputs, force: options.force }
      printEntry(await certificates.completeRequest(wishes, commandLine), options)
    })
  const discard = command('discard')
    .description('give the request up')
    .action(async (options: CertOptions) => {
      const { certificates } = await openCertificates(options)
      await certificates.discardRequest(commandLine)
      print({ discarded: true }, 'The signing request is discarded.', options)
    })
  return new Command('csr')
    .description('have the certificate signed elsewhere')
    .addCommand(create, { isDefault: true })
    .addCommand(complete)
    .addCommand(discard)
}

function rollBack(): Command {
  return command('rollback')
    .description('use an earlier certificate again while it is valid')
    .argument('[id]', 'from the history; without: the one before')
    .action(async (id: string | undefined, options: CertOptions) => {
      const { certificates } = await openCertificates(options)
      printEntry(await certificates.rollBack(id, commandLine), options)
    })
}

function history(): Command {
  return command('history')
    .description('the certificates that were used here, the newest first')
    .action(showHistory)
}

function list(): Command {
  return command('list')
    .description('the CAs that clients get from here, and those that the registry trusts besides')
    .action(showTrusted)
}
