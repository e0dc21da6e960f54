import type { z } from 'zod'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { inspectBundle } from '../../contract/mooring-bundles.ts'
import type { BundleSource } from '../../contract/mooring-bundle-values.ts'
import { faultFact } from './bundle-job.ts'
import { manifestView, type BundleSources } from './bundle-sources.ts'
import { changesOf } from './import-changes.ts'
import { refusalOf, type ImportChoices, type ImportPreparation } from './import-preparation.ts'

export type BundleInspection = ReturnType<typeof createBundleInspection>

const refusalsShown = 20

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
    async inspect(
      source: z.output<typeof BundleSource>,
      choices: ImportChoices,
      identity?: string,
    ): Promise<Answer> {
      const paths = await sources.pathsOf(source)
      const { bundle, signature, refusal, faults } = await sources.look(paths, identity)
      await using _opened = bundle
      const prepared = await preparation.prepare(bundle, choices).catch((error: unknown) => {
        if (error instanceof BundleFault) return error
        throw error
      })
      const unreadable = prepared instanceof BundleFault ? prepared : undefined
      const plan = prepared instanceof BundleFault ? undefined : prepared
      const refusals = [refusal, plan && refusalOf(bundle, plan), unreadable, ...faults]
      const present = new Set(bundle.volumes.present)
      const { neededBytes = 0, freeBytes = 0 } = plan ?? {}
      return {
        ...{ bundle: manifestView(bundle.description), signature, seen: plan?.seen ?? 'never' },
        volumes: bundle.description.volumes.map(({ n, bytes }) => {
          const facts = faults.filter(({ place }) => place.volume === n).map(faultFact)
          const state = facts.length > 0 ? 'damaged' : present.has(n) ? 'present' : 'missing'
          return { n, bytes, facts, state } as const
        }),
        space: {
          ...{ needed_bytes: neededBytes, free_bytes: freeBytes },
          fits: neededBytes <= freeBytes,
        },
        missing: plan?.needs.missing.length ?? 0,
        changes: plan === undefined ? null : changesOf(plan.plan, plan.needs),
        refusals: refusals
          .filter((one) => one !== undefined)
          .slice(0, refusalsShown)
          .map(faultFact),
        warnings: [...(plan?.warnings ?? [])],
      }
    },
  }
}
