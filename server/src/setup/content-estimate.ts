import type { EstimateLine } from '../contract/setup-content.ts'
import { eachAtOnce } from '../work/at-once.ts'
import { imageSizes } from '../features/mirrors/image-sizes.ts'
import { failureOf, knownFailure, type Failure } from '../features/mirrors/mirror-failure.ts'
import { selectTags } from '../features/mirrors/tag-selection.ts'
import { parseUpstreamReference } from '../features/mirrors/upstream-reference.ts'
import type { Digest } from '../storage/digest.ts'
import { UpstreamFault } from '../upstream/upstream-fault.ts'
import type { Upstream, UpstreamClient, UpstreamEvent } from '../upstream/upstream.ts'
import {
  isPlainHttp,
  loginOf,
  placeOf,
  proxyOf,
  type ChosenContent,
  type ChosenUpstream,
} from './first-content.ts'
import type { RevealedValues } from './step.ts'

type ContentLine = Extract<EstimateLine, { kind: 'content' }>

/** Some registries count each manifest as a pull, and the pulls are wanted later. */
const mostManifests = 150
const leastAllowance = 20
const tagsAtOnce = 4
const mostTags = 100_000
const answerWithinMs = 60_000

interface Repository {
  readonly upstream: ChosenUpstream
  readonly content: ChosenContent
  readonly allowance: Allowance
}

/** What may still be asked of one upstream. */
interface Allowance {
  manifestsLeft: number
}

/** How much there is to fetch, of all that would be mirrored: line by line, then the sum. */
export async function* estimateContent({
  upstreams,
  outbound,
  client,
  freeBytes,
  signal,
}: {
  upstreams: readonly ChosenUpstream[]
  outbound: RevealedValues['network']['outbound']
  client: Pick<UpstreamClient, 'repository'>
  freeBytes: () => Promise<number | null>
  signal: AbortSignal
}): AsyncGenerator<EstimateLine> {
  const all = new Map<Digest, number>()
  let [tags, measured] = [0, 0]
  let isWhole = true
  for (const [at, upstream] of upstreams.entries()) {
    if (upstream.mode !== 'schedule') continue
    const allowance = { manifestsLeft: mostManifests }
    for (const [index, content] of upstream.content.entries()) {
      const about = { kind: 'content' as const, upstream: at, content: index }
      let last: ContentLine | undefined
      const repository = { upstream, content, allowance }
      for await (const line of measure(repository, { outbound, client, all, signal })) {
        last = { ...about, repository: content.repository, ...line }
        yield last
      }
      if (signal.aborted) return
      tags += last?.tags ?? 0
      measured += last?.measured ?? 0
      isWhole &&= last?.state === 'done' && last.measured === last.tags
    }
  }
  const bytes = sum(all)
  yield { kind: 'total', bytes, tags, measured, isWhole, freeBytes: await freeBytes() }
}

type Measured = Pick<ContentLine, 'state' | 'tags' | 'measured' | 'bytes' | 'failure'>

async function* measure(
  { upstream, content, allowance }: Repository,
  {
    outbound,
    client,
    all,
    signal,
  }: {
    outbound: RevealedValues['network']['outbound']
    client: Pick<UpstreamClient, 'repository'>
    all: Map<Digest, number>
    signal: AbortSignal
  },
): AsyncGenerator<Measured> {
  const timeout = AbortSignal.timeout(answerWithinMs)
  const until = AbortSignal.any([signal, timeout])
  const own = new Map<Digest, number>()
  const now: { tags: number; measured: number; failure: Failure | undefined } = {
    ...{ tags: 0, measured: 0, failure: undefined },
  }
  const line = (state: Measured['state']): Measured => {
    const { failure, ...counts } = now
    const shown = failure && { code: failure.code, text: failure.message }
    return { state, ...counts, bytes: sum(own), failure: shown ?? null }
  }
  yield line('running')
  try {
    const source = open(upstream, content, { outbound, client, allowance })
    const tags = await chosenTags(source, content, until)
    now.tags = tags.length
    yield line('running')
    for (let from = 0; from < tags.length && now.failure === undefined; from += tagsAtOnce) {
      await eachAtOnce(tags.slice(from, from + tagsAtOnce), tagsAtOnce, async (tag) => {
        const sizes = await sizesOf(source, tag, content, { allowance, signal: until })
        if (sizes === undefined) return
        now.measured++
        for (const [digest, size] of sizes) {
          own.set(digest, size)
          all.set(digest, size)
        }
      })
      if (allowance.manifestsLeft <= 0) break
      yield line('running')
    }
    yield line('done')
  } catch (error) {
    if (signal.aborted) return
    now.failure = timeout.aborted
      ? { code: 'network_timeout', message: 'The upstream takes too long to answer' }
      : failureOf(error)
    yield line('failed')
  }
}

function open(
  upstream: ChosenUpstream,
  content: ChosenContent,
  {
    outbound,
    client,
    allowance,
  }: {
    outbound: RevealedValues['network']['outbound']
    client: Pick<UpstreamClient, 'repository'>
    allowance: Allowance
  },
): Upstream {
  const proxy = proxyOf(upstream, outbound)
  const credentials = loginOf(upstream)
  const observe = (event: UpstreamEvent) => {
    if (event.kind !== 'allowance') return
    allowance.manifestsLeft = Math.min(allowance.manifestsLeft, event.remaining - leastAllowance)
  }
  return client.repository(
    {
      ...parseUpstreamReference(`${placeOf(upstream)}/${content.repository}`),
      plainHttp: isPlainHttp(upstream),
      verifyTls: upstream.verifyTls,
      ...(upstream.ca !== null && { authorities: [upstream.ca] }),
      ...(credentials && { credentials }),
      proxy: {
        ...(proxy.http_proxy && { httpProxy: proxy.http_proxy }),
        ...(proxy.https_proxy && { httpsProxy: proxy.https_proxy }),
        ...(proxy.no_proxy && { noProxy: proxy.no_proxy }),
      },
    },
    observe,
  )
}

async function chosenTags(
  source: Upstream,
  { tags: patterns, newest }: ChosenContent,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const available: string[] = []
  for await (const tag of source.listTags(signal)) {
    if (available.push(tag) >= mostTags) break
  }
  return selectTags(available, patterns, { newest, semver: null, exclude: [] })
}

/** @returns undefined where nobody can tell; what concerns more than this tag is thrown. */
async function sizesOf(
  source: Upstream,
  tag: string,
  { architectures }: ChosenContent,
  { allowance, signal }: { allowance: Allowance; signal: AbortSignal },
): Promise<ReadonlyMap<Digest, number> | undefined> {
  try {
    return await imageSizes(tag, architectures, async (reference) => {
      if (allowance.manifestsLeft <= 0) return undefined
      allowance.manifestsLeft--
      return source.getManifest(reference, signal)
    })
  } catch (error) {
    const isOfTag =
      error instanceof UpstreamFault
        ? error.code === 'not_found' || error.code === 'manifest_invalid'
        : knownFailure(error) !== undefined
    if (isOfTag) return undefined
    throw error
  }
}

function sum(sizes: ReadonlyMap<Digest, number>): number {
  let bytes = 0
  for (const size of sizes.values()) bytes += size
  return bytes
}
