import type { z } from 'zod'

import { type BundleFault } from '../../bundles/bundle-fault.ts'
import type { inspectBundle } from '../../contract/mooring-bundles.ts'
import type { BundleSource } from '../../contract/mooring-bundle-values.ts'
import { faultFact } from './bundle-job.ts'
import { manifestView, type BundleSources } from './bundle-sources.ts'
import { changesOf } from './import-changes.ts'
import { refusalOf, type ImportChoices, type ImportPreparation } from './import-preparation.ts'

export type BundleInspection = ReturnType<typeof createBundleInspection>

type Answer = z.input<(typeof inspectBundle)['responses'][200]>

/** A bundle as it lies there: whose it is, whether it may come in, and what that would change. */
export function createBundleInspection({
  sources,
  preparation,
}: {
  sources: BundleSources
  preparation: ImportPreparation
}) {
  return {
    async inspect(source: z.output<typeof BundleSource>, choices: ImportChoices): Promise<Answer> {
      const { bundle, signature, refusal } = await sources.look(await sources.pathsOf(source))
      await using _opened = bundle
      const prepared = await preparation.prepare(bundle, choices)
      const refusals = [refusal, refusalOf(bundle, prepared)].filter(
        (one): one is BundleFault => one !== undefined,
      )
      const present = new Set(bundle.volumes.present)
      const { needs, plan, seen, neededBytes, freeBytes, warnings } = prepared
      return {
        ...{ bundle: manifestView(bundle.description), signature, seen },
        volumes: bundle.description.volumes.map(({ n, bytes }) => ({
          ...{ n, bytes, facts: [] },
          state: present.has(n) ? ('present' as const) : ('missing' as const),
        })),
        space: {
          ...{ needed_bytes: neededBytes, free_bytes: freeBytes },
          fits: neededBytes <= freeBytes,
        },
        missing: needs.missing.length,
        changes: changesOf(plan, needs),
        refusals: refusals.map(faultFact),
        warnings: [...warnings],
      }
    },
  }
}
