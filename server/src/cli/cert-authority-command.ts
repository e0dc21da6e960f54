import { describeCertificate, keyTypes, toDer, toPkcs7 } from '@mooring/certs'
import { Command, Option } from 'commander'
import { writeFileDurably } from '../platform/files.ts'
import { CommandError } from './command-error.ts'
import {
  commandLine,
  numberOption,
  openCertificates,
  readInput,
  readPassphraseFile,
  type CertOptions,
} from './cert-context.ts'
import { printEntry } from './cert-show.ts'
import { withDataOptions } from './data-options.ts'
import { print } from './print.ts'

interface KeyOptions extends CertOptions {
  readonly confirm?: string
  readonly passphraseFile?: string
  readonly newPassphraseFile?: string
  readonly output?: string
}

interface RenewOptions extends CertOptions {
  readonly years?: string
  readonly commonName?: string
  readonly keyType?: (typeof keyTypes)[number]
  readonly passphraseFile?: string
  readonly confirm?: string
}

const command = (name: string) =>
  withDataOptions(new Command(name)).option('--json', 'print one JSON object')
const passphrase = ['--passphrase-file <file>', 'file with the passphrase of its key'] as const
const newPassphrase = [
  '--new-passphrase-file <file>',
  'file with the passphrase that shall protect the key, at least 12 characters',
] as const
const confirm = ['--confirm <name>', 'the name of the CA, to confirm'] as const

/** `mooring cert ca …` */
export function certAuthorityCommand(): Command {
  return new Command('ca')
    .description("the registry's certificate authority")
    .addCommand(show(), { isDefault: true })
    .addCommand(exportKey())
    .addCommand(offline())
    .addCommand(online())
    .addCommand(protect())
    .addCommand(keptPassphrase())
    .addCommand(renew())
    .addCommand(rollover())
}

function show(): Command {
  return command('show')
    .description('print the certificate that clients have to trust')
    .addOption(new Option('--format <format>').choices(['pem', 'der', 'pkcs7']).default('pem'))
    .action(async (options: CertOptions & { readonly format: 'pem' | 'der' | 'pkcs7' }) => {
      const { distributed, authorities } = await openCertificates(options)
      const pem = await distributed()
      if (pem === undefined) throw new CommandError('there is no certificate authority here')
      if (options.json === true) {
        const keyPlace = (await authorities.find())?.keyPlace
        print({ ...describeCertificate(pem), keyPlace, pem }, '', options)
        return
      }
      const encode = { pem: (text: string) => text, der: toDer, pkcs7: toPkcs7 }[options.format]
      process.stdout.write(encode(pem))
    })
}

function exportKey(): Command {
  return command('export')
    .description("write the CA's key, encrypted, to a file")
    .requiredOption('--output <file>', 'where the encrypted key goes')
    .requiredOption(...confirm)
    .requiredOption(...newPassphrase)
    .option(...passphrase)
    .action(async (options: KeyOptions) => {
      const { authority } = await openCertificates(options)
      const { output = '' } = options
      const { keyPem } = await authority.exportKey(await keyWishes(options), commandLine)
      await writeFileDurably(output, keyPem, 0o600)
      print({ output }, `The encrypted key is in ${output}.`, options)
    })
}

function offline(): Command {
  return command('offline')
    .description("write the CA's key, encrypted, to a file and remove it here")
    .requiredOption('--output <file>', 'where the encrypted key goes')
    .requiredOption(...confirm)
    .requiredOption(...newPassphrase)
    .option(...passphrase)
    .action(async (options: KeyOptions) => {
      const { authority } = await openCertificates(options)
      const { output = '' } = options
      const kept = (keyPem: string) => writeFileDurably(output, keyPem, 0o600)
      await authority.takeOffline({ ...(await keyWishes(options)), kept }, commandLine)
      print(
        { output },
        `The key is in ${output} and no longer here. Certificates are not renewed until "mooring cert ca online".`,
        options,
      )
    })
}

function online(): Command {
  return command('online')
    .description("bring the CA's key back")
    .requiredOption('--key <file>', 'the key, encrypted or not')
    .option(...passphrase)
    .option(...newPassphrase)
    .action(async (options: KeyOptions & { readonly key: string }) => {
      const { authority } = await openCertificates(options)
      const wishes = {
        key: await readInput(options.key),
        passphrase: await readPassphraseFile(options.passphraseFile),
        newPassphrase: await readPassphraseFile(options.newPassphraseFile),
      }
      await authority.bringBack(wishes, commandLine)
      print({ stored: true }, 'The key is here again.', options)
    })
}

function protect(): Command {
  return command('protect')
    .description('encrypt the key where it lies, or, without a new passphrase, decrypt it')
    .option(...passphrase)
    .option(...newPassphrase)
    .action(async (options: KeyOptions) => {
      const { authority } = await openCertificates(options)
      const wishes = {
        passphrase: await readPassphraseFile(options.passphraseFile),
        newPassphrase: await readPassphraseFile(options.newPassphraseFile),
      }
      await authority.protect(wishes, commandLine)
      const encrypted = wishes.newPassphrase !== undefined
      print(
        { encrypted },
        encrypted
          ? 'The key is encrypted. Certificates are renewed only when somebody gives its passphrase.'
          : 'The key is stored for automatic renewal.',
        options,
      )
    })
}

function keptPassphrase(): Command {
  const store = command('store')
    .description('keep it, encrypted, so that the certificate is renewed without anybody')
    .requiredOption('--passphrase-file <file>', 'file whose first line is the passphrase')
    .action(async (options: KeyOptions) => {
      const { authority } = await openCertificates(options)
      const passphrase = (await readPassphraseFile(options.passphraseFile)) ?? ''
      await authority.storePassphrase(passphrase, commandLine)
      print({ stored: true }, 'The passphrase is stored for renewal.', options)
    })
  const forget = command('forget')
    .description('remove it: it has to be given whenever a certificate is issued')
    .action(async (options: CertOptions) => {
      const { authority } = await openCertificates(options)
      await authority.forgetPassphrase(commandLine)
      print({ stored: false }, 'The passphrase is stored no more.', options)
    })
  return new Command('passphrase')
    .description("the passphrase of the CA's key, kept for renewal")
    .addCommand(store)
    .addCommand(forget)
}

function renew(): Command {
  return command('renew')
    .description('a new certificate for the same CA key; clients that trust the old one go on')
    .option('--years <years>', 'how long it is valid, 1 to 30')
    .option(...passphrase)
    .action(async (options: RenewOptions) => {
      const { authority, authorities } = await openCertificates(options)
      const wishes = {
        years: numberOption(options.years, '--years'),
        passphrase: await readPassphraseFile(options.passphraseFile),
      }
      await authority.renew(wishes, commandLine)
      const { description } = await authorities.require()
      const until = new Date(description.notAfter).toISOString()
      print({ ...description }, `${description.subject} is valid until ${until}.`, options)
    })
}

function rollover(): Command {
  const start = command('start')
    .description('make a new CA and give it out beside the old one')
    .option('--common-name <name>', 'of the new CA')
    .addOption(new Option('--key-type <type>').choices(keyTypes))
    .option('--years <years>')
    .option(...passphrase)
    .action(async (options: RenewOptions) => {
      const { rollovers } = await openCertificates(options)
      const started = await rollovers.start(
        {
          commonName: options.commonName,
          keyType: options.keyType,
          years: numberOption(options.years, '--years'),
          passphrase: await readPassphraseFile(options.passphraseFile),
        },
        commandLine,
      )
      print(
        { ...started },
        started.crossSigned
          ? 'Both CAs are given out. Next: mooring cert ca rollover switch; clients that know the old CA alone go on after it.'
          : 'Both CAs are given out. The old one could not certify the new one: let every client trust it before "mooring cert ca rollover switch".',
        options,
      )
    })
  const change = command('switch')
    .description('sign with the new CA; both are given out')
    .option(...passphrase)
    .action(async (options: RenewOptions) => {
      const { rollovers } = await openCertificates(options)
      const given = await readPassphraseFile(options.passphraseFile)
      printEntry(await rollovers.switch({ passphrase: given }, commandLine), options)
    })
  const finish = command('finish')
    .description('give the old CA out no more; clients that know it alone are refused from here')
    .requiredOption('--confirm <name>', 'the name of the new CA, to confirm')
    .option(...passphrase)
    .action(async (options: RenewOptions) => {
      const { rollovers } = await openCertificates(options)
      const wishes = {
        confirm: options.confirm ?? '',
        passphrase: await readPassphraseFile(options.passphraseFile),
      }
      printEntry(await rollovers.finish(wishes, commandLine), options)
    })
  const cancel = command('cancel')
    .description('give the new CA up, before the switch')
    .action(async (options: CertOptions) => {
      const { rollovers } = await openCertificates(options)
      await rollovers.cancel(commandLine)
      print({ cancelled: true }, 'The old CA stays.', options)
    })
  return new Command('rollover')
    .description('replace the CA in steps: start, switch, finish')
    .addCommand(start)
    .addCommand(change)
    .addCommand(finish)
    .addCommand(cancel)
}

async function keyWishes(options: KeyOptions) {
  return {
    confirm: options.confirm ?? '',
    newPassphrase: (await readPassphraseFile(options.newPassphraseFile)) ?? '',
    passphrase: await readPassphraseFile(options.passphraseFile),
  }
}
