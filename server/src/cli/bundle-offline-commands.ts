import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'

import { diffBundles } from '../bundles/diff-bundles.ts'
import type { ReadOptions } from '../bundles/bundle.ts'
import { parsePublicKey } from '../bundles/minisign.ts'
import { lookAtBundle } from '../bundles/look-at-bundle.ts'
import { openBundle } from '../bundles/open-bundle.ts'
import { resplitBundle } from '../bundles/resplit-bundle.ts'
import { verifyBundle } from '../bundles/verify-bundle.ts'
import { parseVolumeSize } from '../bundles/volume-size.ts'
import { identitiesIn, identityHelp } from './bundle-identity.ts'
import { CommandError } from './command-error.ts'
import { interruptSignal } from './interrupt.ts'
import { print } from './print.ts'
import { progressLine } from './progress-line.ts'
import { sizeText } from './size-text.ts'

interface Options {
  readonly key?: string
  readonly identity?: string
  readonly json?: boolean
}

const keyHelp = 'a public key of minisign: a file, or its line of base64'
const entriesShown = 200

/** What can be done with a bundle on any machine: no registry and no data are needed. */
export function bundleOfflineCommands(): readonly Command[] {
  return [verifyCommand(), inspectCommand(), diffCommand(), resplitCommand(), joinCommand()]
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('read every byte of a bundle and compare it with what was signed')
    .argument('<paths...>', 'the folder of the bundle, or its volumes in any order')
    .option('--key <key>', keyHelp)
    .option('--identity <file>', identityHelp)
    .option('--json', 'print one JSON object')
    .action(async (paths: readonly string[], options: Options) => {
      const reading = await readingOf(options)
      const line = progressLine({ quiet: options.json === true })
      const report = await verifyBundle(paths, {
        ...reading,
        signal: interruptSignal(),
        onProgress({ phase, file, bytesDone, bytesTotal }) {
          line.show({
            ...{ phase, current: file, done: bytesDone, total: bytesTotal, rate: 0, eta: null },
          })
        },
      }).finally(() => {
        line.end()
      })
      const { description, signature, volumes, faults, isComplete } = report
      const missing = volumes.filter(({ state }) => state === 'missing').map(({ number }) => number)
      const signed =
        signature.kind === 'trusted'
          ? `signed by ${signature.keyId}`
          : 'nobody vouches for it: name the key with --key'
      const lines = isComplete
        ? [`${description.id} is sound; ${signed}`]
        : [
            `${description.id} is not whole:`,
            ...missing.map((number) => `  volume ${String(number)} is missing`),
            ...faults.map(({ message }) => `  ${message.split('\n', 1)[0] ?? ''}`),
          ]
      const facts = faults.map(({ code, message, place }) => ({ code, message, ...place }))
      print(
        { id: description.id, is_sound: isComplete, signature, volumes, faults: facts },
        lines.join('\n'),
        options,
      )
      if (!isComplete) process.exitCode = 1
    })
}

function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what a bundle says it holds')
    .argument('<paths...>', 'the folder of the bundle, or its volumes in any order')
    .option('--key <key>', keyHelp)
    .option('--identity <file>', identityHelp)
    .option('--json', 'print one JSON object')
    .action(async (paths: readonly string[], options: Options) => {
      const { bundle, faults } = await lookAtBundle(paths, await readingOf(options))
      await using _opened = bundle
      const { description, signature, entries, volumes } = bundle
      const { content, base, stream, sequence } = description
      const roots = entries.filter(({ role }) => role === 'root')
      const lines = [
        `${description.id} of ${description.source.name}, ${description.created}`,
        ...(stream === undefined ? [] : [`number ${String(sequence ?? 0)} of ${stream}`]),
        base.kind === 'none' ? 'needs nothing to be there' : `builds on ${base.kind} ${base.id}`,
        `${String(content.entries)} entries, ${String(content.blobs)} blobs of ${sizeText(content.bytes)}, ${String(content.assumed)} assumed to be there`,
        `volumes: ${volumes.present.join(', ')} of ${String(volumes.total)}`,
        ...roots.slice(0, entriesShown).map(({ reference, digest }) => `  ${reference}  ${digest}`),
        ...(roots.length > entriesShown
          ? [`  and ${String(roots.length - entriesShown)} more`]
          : []),
        ...faults.map(({ message }) => `! ${message.split('\n', 1)[0] ?? ''}`),
      ]
      const facts = faults.map(({ code, message, place }) => ({ code, message, ...place }))
      print(
        { ...description, signature, entries, present: volumes, faults: facts },
        lines.join('\n'),
        options,
      )
      if (faults.length > 0) process.exitCode = 1
    })
}

function diffCommand(): Command {
  return new Command('diff')
    .description('compare what two bundles hold')
    .argument('<before>', 'the folder of a bundle')
    .argument('<after>', 'the folder of another')
    .option('--identity <file>', identityHelp)
    .option('--json', 'print one JSON object')
    .action(async (before: string, after: string, options: Options) => {
      const reading = await readingOf(options)
      await using first = await openBundle([before], reading)
      await using second = await openBundle([after], reading)
      const diff = diffBundles(first, second)
      const { added, removed } = diff.content
      const lines = [
        ...diff.added.map((reference) => `+ ${reference}`),
        ...diff.removed.map((reference) => `- ${reference}`),
        ...diff.changed.map(({ reference, from, to }) => `~ ${reference}  ${from} ${to}`),
        `${String(diff.same)} the same; content: +${sizeText(added.bytes)}, -${sizeText(removed.bytes)}`,
      ]
      print({ ...diff }, lines.join('\n'), options)
    })
}

function resplitCommand(): Command {
  return new Command('resplit')
    .description(
      'write the same bundle, with its signature, in volumes of another size, not encrypted',
    )
    .argument('<paths...>', 'all volumes')
    .requiredOption('--volume-size <size>', 'bytes, fat32, cd700, dvd, bd25, usb:64G and so on')
    .requiredOption('--to <directory>', 'an empty folder')
    .option('--key <key>', keyHelp)
    .option('--identity <file>', identityHelp)
    .option('--json', 'print one JSON object')
    .action(
      async (
        paths: readonly string[],
        options: Options & { readonly volumeSize: string; readonly to: string },
      ) => {
        await rewrite(paths, options, options.volumeSize)
      },
    )
}

function joinCommand(): Command {
  return new Command('join')
    .description('write the same bundle, with its signature, as one folder, not encrypted')
    .argument('<paths...>', 'all volumes')
    .requiredOption('--to <directory>', 'an empty folder')
    .option('--key <key>', keyHelp)
    .option('--identity <file>', identityHelp)
    .option('--json', 'print one JSON object')
    .action(async (paths: readonly string[], options: Options & { readonly to: string }) => {
      await rewrite(paths, options, undefined)
    })
}

async function rewrite(
  paths: readonly string[],
  options: Options & { readonly to: string },
  volumeSize: string | undefined,
): Promise<void> {
  const reading = await readingOf(options)
  const line = progressLine({ quiet: options.json === true })
  const to = path.resolve(options.to)
  const written = await resplitBundle({
    ...{ from: paths, to, signal: interruptSignal() },
    ...reading,
    ...(volumeSize !== undefined && { volumeSize: parseVolumeSize(volumeSize) }),
    onProgress({ phase, file, bytesDone, bytesTotal }) {
      line.show({
        ...{ phase, current: file, done: bytesDone, total: bytesTotal, rate: 0, eta: null },
      })
    },
  }).finally(() => {
    line.end()
  })
  const { description, volumes } = written
  const text = `wrote ${description.id} to ${to}: ${String(volumes.length)} ${volumes.length === 1 ? 'volume' : 'volumes'}`
  print({ id: description.id, to, volumes }, text, options)
}

async function readingOf({ key, identity }: Options): Promise<Omit<ReadOptions, 'signal'>> {
  return {
    ...(key !== undefined && { keys: [parsePublicKey(await readKey(key))] }),
    ...(identity !== undefined && { identities: await identitiesIn(identity) }),
  }
}

/** The line of a key, or what a file of that name holds. */
export async function readKey(given: string): Promise<string> {
  if (/^RW[A-Za-z0-9+/]{50,60}={0,2}$/.test(given)) return given
  return readFile(given, 'utf8').catch((error: unknown) => {
    throw new CommandError(`the key ${given} cannot be read: ${String(error)}`)
  })
}
