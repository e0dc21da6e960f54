import path from 'node:path'
import { Command } from 'commander'

import type { JobResult } from '../features/bundles/bundle-job.ts'
import { describeFact, runJob } from './bundle-job-run.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { sizeText } from './size-text.ts'
import { withBundles } from './with-bundles.ts'

interface ImportOptions extends DataOptions {
  readonly map?: readonly string[]
  readonly dryRun?: boolean
  readonly allowRollback?: boolean
  readonly keepChanged?: boolean
  readonly waitVolumes?: boolean
  readonly json?: boolean
}

const rowsShown = 50

export function importCommand(): Command {
  return withDataOptions(new Command('import'))
    .description('bring a bundle in; run it again if it was broken off')
    .argument('<paths...>', 'the folder of the bundle, or its volumes in any order')
    .option(
      '--map <rule>',
      "where images go, such as 'quay.io/(.*)=mirror/$1'; may be repeated",
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option('--dry-run', 'only tell what would change')
    .option('--allow-rollback', 'tags may go back to what they were before')
    .option('--keep-changed', 'leave tags alone that were changed here since the last import')
    .option('--wait-volumes', 'wait for volumes that have yet to be inserted')
    .option('--json', 'print one JSON object')
    .action(async (paths: readonly string[], options: ImportOptions) => {
      const wanted = {
        source: {},
        paths: paths.map((one) => path.resolve(one)),
        ...(options.map !== undefined && { map: options.map }),
        ...(options.allowRollback === true && { allow_rollback: true }),
        ...(options.keepChanged === true && { on_conflict: 'keep' }),
        ...(options.dryRun === true && { dry_run: true }),
        ...(options.waitVolumes === true && { wait_for_volumes: true }),
      }
      await withBundles(options, async (bundles) => {
        if (bundles.isReadOnly && options.dryRun !== true) {
          throw new CommandError('the registry is read-only (REGISTRY_STATE)')
        }
        const quiet = options.json === true
        const result = await runJob(bundles, 'import', wanted, { quiet })
        print({ ...result }, describe(result), options)
        if (result.missing > 0) {
          throw new CommandError(
            `${String(result.missing)} blobs of the base are not here, so no tag was moved.\nSave the request with "mooring bundle request ${result.bundle_id} > request.json" and carry it to the source.`,
          )
        }
      })
    })
}

function describe({ bundle_id, changes, dry_run, warnings }: JobResult & { kind: 'import' }) {
  const { tags, rows } = changes
  const kept = rows.filter(({ what }) => what === 'kept')
  const verb = dry_run ? 'would bring' : 'brought'
  return [
    ...warnings.map(describeFact),
    `${verb} in ${String(changes.blobs_new)} blobs of ${sizeText(changes.bytes_new)} with ${bundle_id}`,
    `tags: ${String(tags.new)} new, ${String(tags.moved)} moved, ${String(tags.unchanged)} unchanged, ${String(tags.kept)} kept as they are`,
    ...kept
      .slice(0, rowsShown)
      .map(({ repository, tag, message }) => `  kept ${repository}:${tag ?? ''}: ${message ?? ''}`),
  ].join('\n')
}
