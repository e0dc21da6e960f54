import { alternate, type BenchContext, type Work } from '../context.ts'
import { createSeeded, seededRepository, someTags } from '../seeded.ts'
import { imageMediaType } from '../small-image.ts'
import { ratioAtMost, type Finding } from '../table.ts'
import { countText } from '../wording.ts'
import { wrk } from '../wrk.ts'

const connections = 4

/** Whether the slowest answers get slower when a repository has a thousand times the tags. */
export const growth: Work = {
  key: 'growth',
  async run(context) {
    const few = 1000
    const many = 1_000_000 * context.scale
    await using small = await createSeeded(context, few)
    await using large = await createSeeded(context, many)
    const smallPeer = await context.startMooring({ directory: small.directory })
    try {
      const largePeer = await context.startMooring({ directory: large.directory })
      try {
        const loaded = (origin: string, authorization: string, tags: number) => ({
          origin,
          authorization,
          chosen: someTags(tags, 10_000),
        })
        const sides = {
          large: loaded(largePeer.origins.http, large.authorization, many),
          small: loaded(smallPeer.origins.http, small.authorization, few),
        }
        const findings: Finding[] = []
        for (const { title, path } of questions) {
          const p99 = (side: Loaded) => slowest(context, side, path)
          await p99(sides.large)
          await p99(sides.small)
          const { first, second } = await alternate(
            context,
            `growth, ${title}`,
            () => p99(sides.large),
            () => p99(sides.small),
          )
          findings.push({
            work: `p99 of ${title}, ${countText(many)} tags; right: ${countText(few)} tags`,
            unit: 'ms',
            mooring: first,
            other: second,
            goal: ratioAtMost(1.3),
          })
        }
        return findings
      } finally {
        await largePeer.stop()
      }
    } finally {
      await smallPeer.stop()
    }
  },
}

interface Loaded {
  readonly origin: string
  readonly authorization: string
  readonly chosen: readonly string[]
}

const questions: readonly { title: string; path: (tag: string) => string }[] = [
  { title: 'GET manifest', path: (tag) => `/v2/${seededRepository}/manifests/${tag}` },
  { title: 'tags list', path: (tag) => `/v2/${seededRepository}/tags/list?n=100&last=${tag}` },
]

async function slowest(
  context: BenchContext,
  { origin, authorization, chosen }: Loaded,
  path: (tag: string) => string,
): Promise<number> {
  const report = await wrk({
    origin,
    paths: chosen.map(path),
    connections,
    seconds: context.loadSeconds,
    headers: { Authorization: authorization, Accept: imageMediaType },
    folder: context.folder,
    signal: context.signal,
  })
  return report.p99Ms
}
