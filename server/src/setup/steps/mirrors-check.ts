import type { TestLine } from '../../contract/setup.ts'
import { hostOfUrl } from '../../probes/connections.ts'
import { doubtful, probing } from '../../probes/probe.ts'
import { probeUpstream } from '../../probes/upstream-probe.ts'
import { chosenUpstreams, type ChosenUpstream } from '../first-content.ts'
import { proxyFor } from '../outbound.ts'
import type { CheckContext, RevealedValues } from '../step.ts'
import { namesOf, thisHost } from './this-host.ts'

type Values = RevealedValues['mirrors']

/** Small public images that have been there for years. */
const samples: ReadonlyMap<string, string> = new Map([
  ['docker-hub', 'library/busybox:latest'],
  ['quay', 'quay/busybox:latest'],
  ['kubernetes', 'pause:3.9'],
  ['microsoft', 'hello-world:latest'],
  ['amazon-ecr-public', 'docker/library/busybox:latest'],
])

/** Each upstream, from its name to one of its images. */
export async function* checkMirrors(
  values: Values,
  context: CheckContext,
): AsyncGenerator<TestLine> {
  const { outbound } = await context.valuesOf('network')
  const trusted = thisHost().trusted()
  for (const upstream of chosenUpstreams(values)) {
    const { name, url, username, password, verifyTls, proxy, ca } = upstream
    if (outbound.kind === 'none') {
      const host = hostOfUrl(new URL(url))
      yield* probing(context, `upstream:${name}`, `Looking at ${host}`, () =>
        doubtful('MOOR-NET-031', { host }),
      )
      continue
    }
    yield* probeUpstream(
      {
        ...{ name, url, username, password, verifyTls, trusted },
        proxy: proxy === null ? proxyFor(url, outbound) : new URL(proxy),
        ca: ca === null ? [] : [ca],
        sample: sampleOf(upstream),
        names: namesOf(context.machine),
      },
      context,
    )
  }
}

/** What will be fetched anyway, where it is named without a pattern. */
function sampleOf({ preset, content }: ChosenUpstream): string | undefined {
  for (const { repository, tags } of content) {
    const tag = tags.find((one) => !/[*?[\]{}]/.test(one))
    if (tag !== undefined) return `${repository}:${tag}`
  }
  return samples.get(preset)
}
