import { readFile, writeFile } from 'node:fs/promises'
import { Command } from 'commander'

import { wireDate } from '../features/api/wire-date.ts'
import { listWantedImages } from '../features/bundles/wanted-images-service.ts'
import { isProblem } from '../problem.ts'
import { readKey } from './bundle-offline-commands.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { sizeText } from './size-text.ts'
import { withBundles } from './with-bundles.ts'

type Options = DataOptions & { readonly json?: boolean }

type RequestOptions = Options & {
  readonly missedPulls?: boolean
  readonly missing?: boolean
}

const ledgerShown = 100

/** What sites tell each other: receipts, requests, keys; and the ledger. */
export function bundleSiteCommands(): readonly Command[] {
  return [receiptCommand(), requestCommand(), trustCommand(), logCommand()]
}

function receiptCommand(): Command {
  return withDataOptions(new Command('receipt'))
    .description('write what this registry has, signed, for the side that makes bundles')
    .option('--out <file>', 'instead of standard output')
    .option('--summary', 'only the id of the last bundle that came in, to be typed')
    .option('--add <file>', 'take the receipt of a site')
    .option('--add-summary <id>', 'take the id that a site told')
    .option('--json', 'print one JSON object')
    .action(
      async (
        options: Options & {
          readonly out?: string
          readonly summary?: boolean
          readonly add?: string
          readonly addSummary?: string
        },
      ) => {
        await withBundles(options, async ({ receipts }) => {
          if (options.add !== undefined || options.addSummary !== undefined) {
            const row =
              options.add === undefined
                ? await receipts.addSummary(options.addSummary ?? '')
                : await receipts.addDocument(await readFile(options.add))
            const { id, site, digests } = row
            print({ id, site, digests }, `took the receipt ${id} of ${site}`, options)
            return
          }
          const made = await receipts.make(options.summary === true)
          if (made.document === null) {
            const [latest] = made.bundles
            if (latest === undefined) throw new CommandError('no bundle came in yet')
            print({ summary: latest }, latest, options)
          } else if (options.out === undefined) process.stdout.write(made.document)
          else {
            await writeFile(options.out, made.document)
            const text = `wrote ${options.out}: ${String(made.blobs)} blobs`
            print({ id: made.id, file: options.out, blobs: made.blobs }, text, options)
          }
        })
      },
    )
}

function requestCommand(): Command {
  return withDataOptions(new Command('request'))
    .description('write what an import lacked: mooring bundle request <id> > request.json')
    .argument('[bundle]', 'the id of the bundle; without, those that lack something are listed')
    .option('--missing', 'instead, all images that are not here or not whole, for create --list')
    .option('--missed-pulls', 'instead, images that clients asked for in vain, for create --list')
    .option('--json', 'print one JSON object')
    .action(async (bundle: string | undefined, options: RequestOptions) => {
      await withBundles(options, async ({ receipts, missedPulls, missing }) => {
        if (options.missing === true) {
          const { text, images } = await missing.request()
          print({ images, document: text }, text.trimEnd(), options)
          return
        }
        if (options.missedPulls === true) {
          const images = await listWantedImages(missedPulls)
          const lines = [
            '# images that clients asked for in vain, the most wanted first',
            ...images,
          ]
          print({ images }, lines.join('\n'), options)
          return
        }
        if (bundle !== undefined) {
          const found = await receipts
            .findRequest(bundle)
            .catch(explainMissing(`no import lacked anything of the bundle ${bundle}`))
          process.stdout.write(found.document)
          return
        }
        const requests = await receipts.listRequests()
        const lines = requests.map(
          ({ bundle_id, missing, size_bytes }) =>
            `${bundle_id}  ${String(missing)} blobs of ${sizeText(size_bytes)}`,
        )
        print({ requests }, lines.length === 0 ? 'nothing is missing' : lines.join('\n'), options)
      })
    })
}

function explainMissing(text: string) {
  return (error: unknown): never => {
    throw isProblem(error, 'not-found') ? new CommandError(text) : error
  }
}

function trustCommand(): Command {
  return new Command('trust')
    .description('whose bundles and receipts are taken')
    .addCommand(
      withDataOptions(new Command('add'))
        .description('take the bundles of a key; compare its fingerprint first')
        .argument('<key>', 'a public key of minisign: a file, or its line of base64')
        .option('--name <name>', 'whose it is', 'a source')
        .option('--json', 'print one JSON object')
        .action(async (key: string, options: Options & { readonly name: string }) => {
          await withBundles(options, async ({ trust }) => {
            const anchor = await trust.add(options.name, await readKey(key), null)
            const text = `takes bundles of ${anchor.name} (${anchor.keyId}): ${anchor.fingerprint}`
            print({ ...anchor }, text, options)
          })
        }),
    )
    .addCommand(
      withDataOptions(new Command('list'))
        .description('the own key, and those that are trusted')
        .option('--json', 'print one JSON object')
        .action(async (options: Options) => {
          await withBundles(options, async ({ trust, encryption }) => {
            const own = { ...(await trust.own()), recipient: await encryption.recipient() }
            const anchors = await trust.list()
            const lines = [
              `own key ${own.keyId}: ${own.fingerprint}`,
              own.publicKey.trimEnd(),
              `encrypt for ${own.recipient}`,
              ...anchors.map((one) => `${one.keyId}  ${one.name}  ${one.fingerprint}`),
            ]
            print({ own, anchors }, lines.join('\n'), options)
          })
        }),
    )
    .addCommand(
      withDataOptions(new Command('remove'))
        .description('take nothing of a key any more')
        .argument('<id>', 'of the key')
        .option('--json', 'print one JSON object')
        .action(async (id: string, options: Options) => {
          await withBundles(options, async ({ trust }) => {
            await trust.remove(id.toUpperCase()).catch(explainMissing(`no key ${id} is trusted`))
            print({ removed: id }, `removed ${id}`, options)
          })
        }),
    )
}

function logCommand(): Command {
  return withDataOptions(new Command('log'))
    .description('the ledger: every export and import that ended, the latest first')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      await withBundles(options, async ({ list }) => {
        const entries = await list.ledger(undefined, ledgerShown)
        const lines = entries.map(
          ({ number, at, direction, bundle_id, outcome, size_bytes, by_name, message }) =>
            `${String(number)}  ${wireDate(at)}  ${direction}  ${bundle_id}  ${outcome}  ${sizeText(size_bytes)}  ${by_name ?? 'command line'}${message === null ? '' : `  ${message}`}`,
        )
        print({ entries }, lines.length === 0 ? 'nothing yet' : lines.join('\n'), options)
      })
    })
}
