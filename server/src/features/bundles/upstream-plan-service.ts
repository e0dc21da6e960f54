import { matchesGlob } from './glob.ts'
import type { BuiltPlan, BundlePlans, BundleWish, FromUpstreams } from './plan-service.ts'
import { requireAll, type UpstreamImages, type UpstreamLogin } from './upstream-images-service.ts'

export type UpstreamPlans = ReturnType<typeof createUpstreamPlans>

type Fetching = Parameters<UpstreamImages['fetch']>[1]

/** Plans whose images may be of other registries as well. */
export function createUpstreamPlans({
  plans,
  images,
}: {
  plans: BundlePlans
  images: UpstreamImages
}) {
  async function findImages(
    wish: BundleWish,
    logins: readonly UpstreamLogin[],
    signal: AbortSignal,
  ) {
    const items = plans.elsewhere(wish)
    if (items.length === 0) return undefined
    const { exclude = [] } = wish.selection
    const found = await images.find(items, logins, signal)
    const isWanted = ({ reference }: { readonly reference: string }) =>
      !exclude.some((pattern) => matchesGlob(pattern, reference))
    return { ...found, images: found.images.filter(isWanted) }
  }

  return {
    /** In numbers: only manifests are read, and nothing is kept of them. */
    async look(
      wish: BundleWish,
      logins: readonly UpstreamLogin[],
      signal: AbortSignal,
    ): Promise<BuiltPlan> {
      const found = await findImages(wish, logins, signal)
      const from: FromUpstreams | undefined = found && {
        roots: images.remoteRoots(found.images),
        problems: found.problems,
      }
      return plans.build(wish, from)
    },

    /**
     * With everything here that it names.
     * @throws BundleFault `upstream-failed`
     */
    async gather(
      wish: BundleWish,
      logins: readonly UpstreamLogin[],
      run: Pick<Fetching, 'meter' | 'signal' | 'by'>,
    ): Promise<BuiltPlan> {
      run.meter.enter('planning')
      const found = await findImages(wish, logins, run.signal)
      if (found === undefined) return plans.build(wish)
      requireAll(found.problems.map(({ reference, message }) => `${reference}: ${message}`))
      const { platforms, referrers = true } = wish
      const roots = await images.fetch(found.images, {
        ...{ ...run, platforms, withReferrers: referrers },
      })
      run.meter.enter('planning')
      return plans.build(wish, { roots, problems: [] })
    },
  }
}
