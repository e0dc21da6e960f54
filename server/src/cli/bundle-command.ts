import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Command, Option } from 'commander'

import { parseRecipients } from '../bundles/age/age-keys.ts'
import { BundleFault } from '../bundles/bundle-fault.ts'
import { parseSecretKey } from '../bundles/minisign.ts'
import { parseImageName } from '../bundles/selection/image-name.ts'
import { requireEncryptable } from '../features/bundles/export-encryption.ts'
import type { BundleWish } from '../features/bundles/plan-service.ts'
import { presentPlan } from '../features/bundles/bundle-view.ts'
import { freeBytesAt } from '../features/bundles/bundle-places.ts'
import { findWriteSpeed } from '../features/bundles/write-speed.ts'
import { runJob } from './bundle-job-run.ts'
import { bundleOfflineCommands } from './bundle-offline-commands.ts'
import { bundleSiteCommands } from './bundle-site-commands.ts'
import { importCommand } from './bundle-import-command.ts'
import { selectionCommand } from './bundle-selection-command.ts'
import { collect } from './collect.ts'
import { CommandError } from './command-error.ts'
import { interruptSignal } from './interrupt.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { parseCount } from './parse-count.ts'
import { print } from './print.ts'
import { sizeText } from './size-text.ts'
import { readLogins } from './upstream-logins.ts'
import { withBundles } from './with-bundles.ts'

export interface ContentOptions extends DataOptions {
  readonly list?: string
  readonly for?: string
  readonly newest?: number
  readonly exclude?: readonly string[]
  readonly changed?: boolean
  readonly label?: string
  readonly pulledDays?: number
  readonly since?: string
  readonly platform?: readonly string[]
  readonly referrers: boolean
  readonly proposeDeletions?: boolean
  readonly authfile?: string
  readonly insecure?: readonly string[]
  readonly plainHttp?: readonly string[]
  readonly stream?: string
  readonly volumeSize?: string
  readonly rate?: string
  readonly to?: string
  readonly encrypt?: readonly string[]
  readonly json?: boolean
}

interface CreateOptions extends ContentOptions {
  readonly format?: 'directory' | 'tar'
  readonly verify: boolean
  readonly sign?: string
  readonly passphraseFile?: string
  readonly compatIndex?: boolean
}

/** The plan is sound, but there is no room for the bundle. */
const doesNotFit = 3

export function bundleCommand(): Command {
  const command = new Command('bundle')
    .description('carry images across an air gap: signed folders that plain OCI tools can read')
    .addCommand(planCommand())
    .addCommand(createCommand())
    .addCommand(importCommand())
    .addCommand(selectionCommand({ withContent, wishOf }))
  for (const one of [...bundleOfflineCommands(), ...bundleSiteCommands()]) command.addCommand(one)
  return command
}

const withContent = (command: Command) =>
  withDataOptions(command)
    .argument(
      '[images...]',
      'organization/repository[:tag], * for any text; or host/repository:tag elsewhere',
    )
    .option(
      '--list <file>',
      'images, or a file of Kubernetes, Helm, oc-mirror, hauler or skopeo-sync',
    )
    .option('--for <file>', 'the request of a site that lacks a base')
    .option('--newest <number>', 'only so many tags of each repository', parseCount)
    .option('--changed', 'of tags, only those whose image the base has not')
    .option('--label <key[=value]>', 'only tags whose image has this label')
    .option(
      '--pulled-days <days>',
      'only tags that were pulled in the last so many days',
      parseCount,
    )
    .option('--exclude <reference>', 'leave this out, * for any text; may be repeated', collect)
    .option(
      '--since <base>',
      'what the other side has: receipt[:<id>], bundle[:<id>] (the last of the stream), none',
    )
    .option('--platform <os/arch>', 'only this platform; may be repeated', collect)
    .option('--no-referrers', 'leave out signatures and whatever else refers to an image')
    .option('--stream <name>', 'numbers the bundles of one site')
    .option('--propose-deletions', 'name what the last bundle carried and is gone here')
    .option('--volume-size <size>', 'bytes, fat32, cd700, dvd, dvd-dl, bd25, bd50, bd100, usb:64G')
    .option('--rate <rate>', 'write no faster, such as 2MB/s')
    .option(
      '--encrypt <recipient>',
      'age:age1…, for whom; tar files only; may be repeated',
      collect,
    )
    .option('--authfile <file>', 'logins of other registries, as docker and podman keep them')
    .option('--insecure <host>', 'take any certificate of this registry; may be repeated', collect)
    .option('--plain-http <host>', 'without TLS to this registry; may be repeated', collect)
    .option('--json', 'print one JSON object')

function planCommand(): Command {
  return withContent(new Command('plan'))
    .description('what a bundle would carry; nothing is written. Exit code 3: it does not fit')
    .option('--to <directory>', 'where it would go, to see whether it fits')
    .action(async (images: readonly string[], options: ContentOptions) => {
      const wish = await wishOf(images, options)
      const logins = await readLogins(options)
      await withBundles(options, async ({ plans, jobs }) => {
        const { to } = options
        const built = await plans.look(wish, logins, interruptSignal())
        const plan = presentPlan(built, {
          freeBytes: await freeBytesAt(to),
          measured: to === undefined ? undefined : await findWriteSpeed(jobs, path.resolve(to)),
        })
        print(plan, describePlan(plan), options)
        if (!plan.fits) process.exitCode = doesNotFit
      })
    })
}

function createCommand(): Command {
  return withContent(new Command('create'))
    .description('write a bundle; run it again if it was broken off')
    .requiredOption('--to <directory>', 'a folder of its own')
    .addOption(
      new Option(
        '--format <format>',
        'folders (unless encrypted), or a tar file for each volume',
      ).choices(['directory', 'tar']),
    )
    .option('--sign <file>', 'a secret key of minisign, instead of the key of this registry')
    .option('--passphrase-file <file>', 'the first line opens that key')
    .option('--compat-index', 'a small layout for each repository, with short tags; not on FAT')
    .option('--no-verify', 'do not read back what was written')
    .action(async (images: readonly string[], options: CreateOptions) => {
      const wish = await wishOf(images, options)
      const { to = '', encrypt, verify, compatIndex } = options
      const format = options.format ?? (encrypt === undefined ? 'directory' : 'tar')
      requireEncryptable({ format, encrypt, compat_index: compatIndex })
      const wanted = {
        ...{ ...wish, to: path.resolve(to), format, verify },
        ...(compatIndex === true && { compat_index: true }),
      }
      const secrets = { upstreams: await readLogins(options), ...(await signingKeyOf(options)) }
      await withBundles(options, async (bundles) => {
        const quiet = options.json === true
        const result = await runJob(bundles, 'export', wanted, { quiet, secrets })
        const count = result.volumes.length
        const bytes = result.volumes.reduce((sum, volume) => sum + volume.bytes, 0)
        const lines = [
          `wrote bundle ${result.bundle_id} to ${result.path}: ${sizeText(bytes)} in ${String(count)} ${count === 1 ? 'volume' : 'volumes'}`,
          `signed with the key ${result.fingerprint}`,
          ...(result.recipients ?? []).map((recipient) => `encrypted for ${recipient}`),
          ...result.problems.map(
            ({ reference, message }) => `not carried: ${reference}: ${message}`,
          ),
        ]
        print({ ...result }, lines.join('\n'), options)
      })
    })
}

/** Files are read here: the job that goes on later has all that it needs. */
async function wishOf(images: readonly string[], options: ContentOptions): Promise<BundleWish> {
  const { list, for: request, newest, since, platform, referrers, volumeSize, rate } = options
  const { exclude, proposeDeletions, stream, encrypt, changed, label, pulledDays } = options
  if (images.length === 0 && list === undefined && request === undefined) {
    throw new CommandError('name images, or a file with --list or --for')
  }
  const away = images.filter((image) => parseImageName(image)?.host !== undefined)
  const here = images.filter((image) => !away.includes(image))
  if (list !== undefined && away.length > 0) {
    throw new CommandError('with --list, name images of other registries in the list')
  }
  const text = list === undefined ? away.join('\n') : await readText(list)
  return {
    selection: {
      ...(here.length > 0 && { repositories: here.map(parseImage) }),
      ...(text !== '' && { list: text }),
      ...(request !== undefined && { request: await readText(request) }),
      ...(newest !== undefined && { newest }),
      ...(changed === true && { changed }),
      ...(label !== undefined && { label }),
      ...(pulledDays !== undefined && { pulled_days: pulledDays }),
      ...(exclude !== undefined && { exclude: [...exclude] }),
    },
    ...(since !== undefined && { base: parseBase(since) }),
    ...(platform !== undefined && { platforms: platform }),
    ...(!referrers && { referrers }),
    ...(proposeDeletions === true && { propose_deletions: true }),
    ...(stream !== undefined && { stream }),
    ...(volumeSize !== undefined && { volume_size: volumeSize }),
    ...(rate !== undefined && { rate }),
    ...(encrypt !== undefined && { encrypt: parseRecipients(encrypt) }),
  }
}

async function signingKeyOf({ sign, passphraseFile }: CreateOptions) {
  if (sign === undefined) return {}
  const text = await readText(sign)
  const passphrase =
    passphraseFile === undefined ? undefined : (await readText(passphraseFile)).split(/\r?\n/, 1)[0]
  // Read once here, so that a key that cannot be used is told before anything begins.
  await parseSecretKey(text, passphrase).catch((error: unknown) => {
    throw new CommandError(`${sign}: ${error instanceof BundleFault ? error.about : String(error)}`)
  })
  return { signing_key: { text, ...(passphrase !== undefined && { passphrase }) } }
}

function parseImage(text: string) {
  const colon = text.indexOf(':', text.lastIndexOf('/') + 1)
  if (colon < 0) return { name: text }
  return { name: text.slice(0, colon), tags: [text.slice(colon + 1)] }
}

function parseBase(text: string): NonNullable<BundleWish['base']> {
  const [kind, id] = text.split(/:(.*)/s, 2)
  if (kind !== 'none' && kind !== 'receipt' && kind !== 'bundle') {
    throw new CommandError('--since is receipt, receipt:<id>, bundle, bundle:<id> or none')
  }
  return { kind, ...(id !== undefined && id !== '' && { id }) }
}

const readText = (file: string) =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${file} cannot be read: ${String(error)}`)
  })

function describePlan(plan: ReturnType<typeof presentPlan>): string {
  const volumes = `${String(plan.volumes.length)} ${plan.volumes.length === 1 ? 'volume' : 'volumes'}`
  return [
    `${String(plan.images)} images of ${String(plan.repositories)} repositories, ${String(plan.referrers)} referrers`,
    `${sizeText(plan.total_bytes)} in ${String(plan.blobs)} blobs, ${sizeText(plan.present_bytes)} of it there already`,
    `to carry: ${sizeText(plan.carry_bytes)} in ${String(plan.carry_blobs)} blobs, ${volumes}`,
    ...(plan.new_blobs === 0 ? ['Nothing of it is new to the other side.'] : []),
    ...(plan.new_blobs === 0
      ? []
      : [`new to the other side: ${sizeText(plan.new_bytes)} in ${String(plan.new_blobs)} blobs`]),
    ...(plan.seconds === null
      ? []
      : [
          `to write: ${String(plan.seconds)} s${plan.is_measured ? ' as fast as the last time' : ''}`,
        ]),
    ...(plan.site_free_bytes === null
      ? []
      : [`free at the site when its receipt was made: ${sizeText(plan.site_free_bytes)}`]),
    ...plan.biggest.map(({ reference, bytes }) => `  ${sizeText(bytes)}  ${reference}`),
    ...(plan.is_sparse ? ['Platforms are left out: other registries may refuse such images.'] : []),
    ...plan.deletions.map((reference) => `proposed to delete: ${reference}`),
    ...plan.problems.map(({ reference, message }) => `not carried: ${reference}: ${message}`),
    ...(plan.fits ? [] : [`It does not fit: ${sizeText(plan.free_bytes ?? 0)} are free.`]),
  ].join('\n')
}
