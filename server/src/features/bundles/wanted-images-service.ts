import type { MissedPulls } from '../proxy-cache/missed-pull-service.ts'
import type { MissedPullPosition } from '../proxy-cache/missed-pull-store.ts'

const atOnce = 500

/** Images that clients asked for here in vain, the most wanted first, under their full names. */
export async function listWantedImages(
  missedPulls: Pick<MissedPulls, 'page'>,
  most = Infinity,
): Promise<readonly string[]> {
  const images = new Set<string>()
  const query = { isIgnored: false, part: '', order: 'count', limit: atOnce } as const
  for (let after: MissedPullPosition | undefined; ;) {
    const rows = await missedPulls.page({ ...query, after })
    for (const { upstream, reference } of rows) images.add(upstream === '' ? reference : upstream)
    const last = rows.at(-1)
    if (last === undefined || rows.length < atOnce || images.size >= most) {
      return [...images].slice(0, most)
    }
    after = { value: last.count, id: last.id }
  }
}
