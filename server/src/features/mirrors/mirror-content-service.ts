import { LRUCache } from 'lru-cache'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import { eachAtOnce } from '../../work/at-once.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { isTagName } from '../tags/tag-name.ts'
import { asking } from './asking.ts'
import { failureOf, type Failure } from './mirror-failure.ts'
import type { MirrorSettingsService } from './mirror-settings-service.ts'
import type { MirrorRow } from './mirror-store.ts'
import type { MirrorTags } from './mirror-tags-service.ts'
import type { MirrorUpstreams } from './mirror-upstream-service.ts'
import { selectTags } from './tag-selection.ts'

export type MirrorContent = ReturnType<typeof createMirrorContent>

/**
 * How a tag here stands to the same one upstream. `gone_upstream` came from there once, `only_here` is
 * none that is followed; `unknown`: the upstream did not say.
 */
export type ContentState = 'in_step' | 'behind' | 'only_here' | 'gone_upstream' | 'unknown'

export interface ContentTag {
  readonly name: string
  readonly state: ContentState
  readonly upstreamDigest: string | null
  readonly localDigest: string | null
  readonly message: string | null
}

interface Head {
  readonly digest?: string
  readonly failure?: Failure
}

/** What was found out, for the pages that follow. */
interface Look {
  readonly at: Instant
  readonly reference: string
  readonly upstream: Upstream
  /** Those that are here, or should be. */
  readonly names: readonly string[]
  readonly available: ReadonlySet<string>
  readonly followed: ReadonlySet<string>
  readonly heads: Map<string, Head>
}

const looksKept = 5
const goodForMs = 300_000
const headsAtOnce = 4

/** What a mirror has, beside what its upstream has now. Asked for a page at a time, and remembered. */
export function createMirrorContent({
  db,
  clock,
  settings,
  upstreams,
  tags,
}: {
  db: Db
  clock: Clock
  settings: MirrorSettingsService
  upstreams: MirrorUpstreams
  tags: Pick<MirrorTags, 'names'>
}) {
  const looks = new LRUCache<number, Look>({ max: looksKept })

  async function look(mirror: MirrorRow, signal: AbortSignal): Promise<Look> {
    const upstream = await upstreams.open(upstreams.specOf(mirror), signal)
    const available = await upstreams.listTags(upstream, signal)
    const patterns = settings.patternsOf(mirror)
    const rules = settings.rulesOf(mirror)
    const selected = selectTags(available, patterns, rules).filter(isTagName)
    const names = new Set<string>(selected)
    for await (const page of tags.names(mirror.repository_id)) {
      for (const name of page) names.add(name)
    }
    return {
      at: clock.now(),
      reference: mirror.external_reference,
      upstream,
      names: [...names].sort(),
      available: new Set(available),
      // Which of them are the newest does not matter here.
      followed: new Set(selectTags([...names], patterns, { ...rules, newest: null })),
      heads: new Map(),
    }
  }

  async function askFor(
    { upstream, heads }: Look,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    let refusal: Failure | undefined
    await eachAtOnce(names, headsAtOnce, async (name) => {
      if (refusal !== undefined) {
        heads.set(name, { failure: refusal })
        return
      }
      try {
        const head = await upstream.headManifest(name, signal)
        const digest = head && (head.digest ?? (await upstream.getManifest(name, signal)).digest)
        heads.set(name, digest === undefined ? {} : { digest })
      } catch (error) {
        signal.throwIfAborted()
        const failure = failureOf(error)
        heads.set(name, { failure })
        // Whoever wants to be left alone is not asked for the rest of the page.
        if (failure.code === 'rate_limited' || failure.code === 'disconnected') refusal = failure
      }
    })
  }

  async function compare(mirror: MirrorRow, seen: Look, name: string): Promise<ContentTag> {
    const found = await manifestStore(db).findByTag(mirror.repository_id, name, clock.now())
    const localDigest = found?.digest ?? null
    const { digest, failure } = seen.heads.get(name) ?? {}
    const common = { name, localDigest, upstreamDigest: digest ?? null }
    if (failure !== undefined) return { ...common, state: 'unknown', message: failure.message }
    if (digest === undefined) {
      const state = seen.followed.has(name) ? 'gone_upstream' : 'only_here'
      return { ...common, state, message: null }
    }
    return { ...common, state: digest === localDigest ? 'in_step' : 'behind', message: null }
  }

  return {
    /** In the order of the names. @throws Problem `request-invalid` when the upstream gives no list */
    page: (
      mirror: MirrorRow,
      { after, refresh, limit }: { after: string; refresh: boolean; limit: number },
      signal: AbortSignal,
    ) =>
      asking(signal, async (until) => {
        let seen = looks.get(mirror.id)
        const isGood = seen?.reference === mirror.external_reference && !refresh
        if (seen === undefined || !isGood || (after === '' && clock.now() - seen.at > goodForMs)) {
          seen = await look(mirror, until)
          looks.set(mirror.id, seen)
        }
        const { heads, available, at } = seen
        const rest = seen.names.filter((name) => name > after)
        const names = rest.slice(0, limit)
        const isKnown = (name: string) => heads.has(name) && heads.get(name)?.failure === undefined
        const asked = names.filter((name) => available.has(name) && !isKnown(name))
        await askFor(seen, asked, until)
        const rows: ContentTag[] = []
        for (const name of names) rows.push(await compare(mirror, seen, name))
        return { at, tags: rows, next: rest.length > limit ? names.at(-1) : undefined }
      }),
  }
}
