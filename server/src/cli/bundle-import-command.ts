import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Command, Option } from 'commander'
import { parse } from 'yaml'

import { BundlePolicy, ConflictAnswer } from '../contract/mooring-bundle-values.ts'
import type { JobResult } from '../features/bundles/bundle-job.ts'
import { identityHelp, readIdentity } from './bundle-identity.ts'
import { describeFact, runJob } from './bundle-job-run.ts'
import { collect } from './collect.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { sizeText } from './size-text.ts'
import { withBundles } from './with-bundles.ts'

interface ImportOptions extends DataOptions {
  readonly map?: readonly string[]
  readonly dryRun?: boolean
  readonly allowRollback?: boolean
  readonly onConflict?: 'keep' | 'take' | 'rename'
  readonly choose?: readonly string[]
  readonly delete?: readonly string[]
  readonly policy?: string
  readonly keepChanged?: boolean
  readonly waitVolumes?: boolean
  readonly link?: boolean
  readonly identity?: string
  readonly json?: boolean
}

type Imported = JobResult & { readonly kind: 'import' }
type Deletion = Imported['changes']['deletions'][number]

const rowsShown = 50

export function importCommand(): Command {
  return withDataOptions(new Command('import'))
    .description('bring a bundle in; run it again if it was broken off')
    .argument('<paths...>', 'the folder of the bundle, or its volumes in any order')
    .option(
      '--map <rule>',
      "where images go, such as 'quay.io/(.*)=mirror/$1'; may be repeated",
      collect,
    )
    .option('--dry-run', 'only tell what would change')
    .option('--allow-rollback', 'tags may go back to what they were before')
    .addOption(
      new Option(
        '--on-conflict <choice>',
        'tags that were changed here: take theirs, keep mine, or bring theirs as <tag>-<stream>',
      ).choices(['take', 'keep', 'rename']),
    )
    .option('--keep-changed', 'the same as --on-conflict keep')
    .option(
      '--choose <tag=choice>',
      'one by one, such as org/app:1.0=rename; may be repeated',
      collect,
    )
    .option(
      '--delete <reference>',
      'delete what the bundle proposes to delete, * for any text; may be repeated',
      collect,
    )
    .option('--policy <file>', 'what is taken at all, as YAML or JSON')
    .option('--link', 'on the same file system: take the files as they are instead of copying them')
    .option('--identity <file>', `${identityHelp}; without, that of this registry is tried`)
    .option('--wait-volumes', 'wait for volumes that have yet to be inserted')
    .option('--json', 'print one JSON object')
    .action(async (paths: readonly string[], options: ImportOptions) => {
      const onConflict = options.onConflict ?? (options.keepChanged === true ? 'keep' : undefined)
      const wanted = {
        source: {},
        paths: paths.map((one) => path.resolve(one)),
        ...(options.map !== undefined && { map: options.map }),
        ...(options.allowRollback === true && { allow_rollback: true }),
        ...(onConflict !== undefined && { on_conflict: onConflict }),
        ...(options.choose !== undefined && { choices: options.choose.map(parseChoice) }),
        ...(options.delete !== undefined && { deletions: options.delete }),
        ...(options.policy !== undefined && { policy: await readPolicy(options.policy) }),
        ...(options.dryRun === true && { dry_run: true }),
        ...(options.link === true && { link: true }),
        ...(options.waitVolumes === true && { wait_for_volumes: true }),
      }
      const secrets =
        options.identity === undefined
          ? undefined
          : { identity: await readIdentity(options.identity) }
      await withBundles(options, async (bundles) => {
        if (bundles.isReadOnly && options.dryRun !== true) {
          throw new CommandError('the registry is read-only (REGISTRY_STATE)')
        }
        const quiet = options.json === true
        const result = await runJob(bundles, 'import', wanted, { quiet, secrets })
        print({ ...result }, describe(result), options)
        if (result.missing > 0) {
          throw new CommandError(
            `${String(result.missing)} blobs of the base are not here, so no tag was moved.\nSave the request with "mooring bundle request ${result.bundle_id} > request.json" and carry it to the source.`,
          )
        }
      })
    })
}

function parseChoice(text: string) {
  const [, repository = '', tag = '', choice] =
    /^(.+):([^:=]+)=(keep|take|rename)$/.exec(text) ?? []
  const parsed = ConflictAnswer.safeParse(choice)
  if (!parsed.success) {
    throw new CommandError(`--choose is org/app:tag=keep, =take or =rename, not "${text}"`)
  }
  return { repository, tag, choice: parsed.data }
}

async function readPolicy(file: string) {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${file} cannot be read: ${String(error)}`)
  })
  const parsed = BundlePolicy.safeParse(parseYaml(text, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CommandError(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 })
  } catch (error) {
    throw new CommandError(`${file} is no YAML: ${String(error)}`)
  }
}

function describe({ bundle_id, changes, dry_run, warnings }: Imported) {
  const { tags, rows, deletions } = changes
  const kept = rows.filter(({ what }) => what === 'kept')
  const verb = dry_run ? 'would bring' : 'brought'
  return [
    ...warnings.map(describeFact),
    `${verb} in ${String(changes.blobs_new)} blobs of ${sizeText(changes.bytes_new)} with ${bundle_id}`,
    `tags: ${String(tags.new)} new, ${String(tags.moved)} moved, ${String(tags.unchanged)} unchanged, ${String(tags.kept)} kept as they are`,
    ...kept
      .slice(0, rowsShown)
      .map(({ repository, tag, message }) => `  kept ${repository}:${tag ?? ''}: ${message ?? ''}`),
    ...rows
      .filter(({ renamed_to }) => renamed_to !== null)
      .slice(0, rowsShown)
      .map(
        ({ repository, tag, renamed_to }) =>
          `  ${repository}:${tag ?? ''} came in as ${renamed_to ?? ''}`,
      ),
    ...deletions.slice(0, rowsShown).map(describeDeletion),
  ].join('\n')
}

const deletionWords = {
  proposed: 'proposed to delete',
  deleted: 'deleted',
  absent: 'not here to delete:',
  kept: 'not deleted:',
} as const

const describeDeletion = ({ reference, repository, tag, what, reason }: Deletion) =>
  `  ${deletionWords[what]} ${repository}:${tag} (${reference})${reason === null ? '' : `: ${reason}`}`
