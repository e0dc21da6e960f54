import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import { Problem } from '../../problem.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { isTagName } from '../tags/tag-name.ts'
import { asking } from './asking.ts'
import { failureOf } from './mirror-failure.ts'
import type { MirrorSettingsService, UpstreamSettings } from './mirror-settings-service.ts'
import type { MirrorRow } from './mirror-store.ts'
import type { MirrorTags } from './mirror-tags-service.ts'
import type { MirrorUpstreams, UpstreamSpec } from './mirror-upstream-service.ts'
import { usualRules, type MirrorRules } from './mirror-rules.ts'
import { checkRules } from './check-rules.ts'
import { isCompanion, selectTags } from './tag-selection.ts'

export type MirrorPreviews = ReturnType<typeof createMirrorPreviews>

/** A mirror as somebody thinks of it; what is not named is that of the one that is there. */
export interface PreviewWish {
  readonly external_reference?: string | undefined
  readonly external_registry_username?: string | null | undefined
  readonly external_registry_password?: string | null | undefined
  readonly external_registry_config?: UpstreamSettings | undefined
  readonly patterns?: readonly string[] | undefined
  readonly rules: Partial<MirrorRules>
}

export type DryAction = 'new' | 'updated' | 'unchanged' | 'removed' | 'kept' | 'failed'

export interface DryTag {
  readonly name: string
  readonly action: DryAction
  readonly upstreamDigest: string | null
  readonly localDigest: string | null
  readonly message?: string
}

/** What a mirror would follow. */
export interface ChosenTags {
  readonly upstream: Upstream
  readonly available: readonly string[]
  readonly matched: readonly string[]
  readonly platforms: readonly string[]
}

const shownTags = 500
const dryTags = 1_000
const headsAtOnce = 8

/** What a mirror would do, without doing it. */
export function createMirrorPreviews({
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
  tags: MirrorTags
}) {
  async function specFor(wish: PreviewWish, stored: MirrorRow | undefined): Promise<UpstreamSpec> {
    const text = wish.external_reference ?? stored?.external_reference
    if (text === undefined) {
      throw new Problem('request-invalid', {
        message: "'external_reference' is a required property",
      })
    }
    const reference = await settings.parseReference(text)
    const { external_registry_username: username, external_registry_password: password } = wish
    const before = stored === undefined ? {} : settings.upstreamOf(stored)
    return {
      reference,
      settings: settings.mergeUpstream(before, wish.external_registry_config ?? {}),
      credentials:
        typeof username === 'string' && typeof password === 'string'
          ? { username, password }
          : username === null
            ? undefined
            : credentialsFor(reference.host, username, stored),
    }
  }

  /** @throws Problem, UpstreamFault, MirrorFault */
  async function choose(
    wish: PreviewWish,
    stored: MirrorRow | undefined,
    signal: AbortSignal,
  ): Promise<ChosenTags> {
    checkRules(wish.rules)
    const rules = { ...(stored ? settings.rulesOf(stored) : usualRules), ...wish.rules }
    const patterns = wish.patterns ?? (stored ? settings.patternsOf(stored) : ['*'])
    const upstream = await upstreams.open(await specFor(wish, stored), signal)
    const available = await upstreams.listTags(upstream, signal)
    const matched = selectTags(available, patterns, rules).filter(isTagName)
    const own = rules.platforms.length > 0
    const platforms = own ? rules.platforms : stored ? settings.architecturesOf(stored) : []
    return { upstream, available, matched, platforms }
  }

  /** A stored password goes to whom it was entered for, and for the name that it belongs to. */
  function credentialsFor(
    host: string,
    username: string | undefined,
    stored: MirrorRow | undefined,
  ) {
    if (stored?.upstream_host !== host) return undefined
    const { credentials } = upstreams.specOf(stored)
    const isSame = username === undefined || username === credentials?.username
    return isSame ? credentials : undefined
  }

  async function local(repositoryId: number, tag: string): Promise<string | null> {
    const found = await manifestStore(db).findByTag(repositoryId, tag, clock.now())
    return found?.digest ?? null
  }

  async function compare(
    upstream: Upstream,
    mirror: MirrorRow,
    name: string,
    signal: AbortSignal,
  ): Promise<DryTag> {
    const localDigest = await local(mirror.repository_id, name)
    try {
      const head = await upstream.headManifest(name, signal)
      if (head === undefined) {
        const message = 'The upstream lists the tag, but does not have it'
        return { name, action: 'failed', upstreamDigest: null, localDigest, message }
      }
      const digest = head.digest ?? (await upstream.getManifest(name, signal)).digest
      if (localDigest !== digest) {
        await upstreams.signatureCheckFor(mirror)?.(upstream, digest, signal)
      }
      const action = localDigest === digest ? 'unchanged' : localDigest === null ? 'new' : 'updated'
      return { name, action, upstreamDigest: digest, localDigest }
    } catch (error) {
      signal.throwIfAborted()
      const { message } = failureOf(error)
      return { name, action: 'failed', upstreamDigest: null, localDigest, message }
    }
  }

  return {
    choose,

    async tags(wish: PreviewWish, stored: MirrorRow | undefined, signal: AbortSignal) {
      const { available, matched } = await asking(signal, (until) => choose(wish, stored, until))
      const chosen = new Set<string>(matched)
      return {
        total: available.length,
        matched: matched.length,
        tags: matched.slice(0, shownTags),
        others: available
          .filter((tag) => !chosen.has(tag))
          .sort()
          .slice(0, shownTags),
      }
    },

    /** What running it now would do to each tag. */
    dryRun(mirror: MirrorRow, signal: AbortSignal) {
      return asking(signal, async (until) => {
        const upstream = await upstreams.open(upstreams.specOf(mirror), until)
        const available = await upstreams.listTags(upstream, until)
        const rules = settings.rulesOf(mirror)
        const mustBeSigned = upstreams.signatureCheckFor(mirror) !== undefined
        const selected = selectTags(available, settings.patternsOf(mirror), rules)
          .filter(isTagName)
          .filter((tag) => !mustBeSigned || !isCompanion(tag))
        const found: DryTag[] = []
        const waiting = selected.slice(0, dryTags)[Symbol.iterator]()
        const lane = async () => {
          for (const name of waiting) {
            found.push(await compare(upstream, mirror, name, until))
          }
        }
        await Promise.all(Array.from({ length: headsAtOnce }, lane))
        const here = await others(mirror, new Set<string>(selected), new Set(available), rules)
        const isComplete = selected.length <= dryTags && here.isComplete
        // No tag matches: nothing is deleted either.
        const rest = selected.length === 0 ? [] : here.tags
        return { isComplete, tags: [...found, ...rest].sort(byName) }
      })
    },
  }

  /** Tags that are here, but not among those that are followed. */
  async function others(
    mirror: MirrorRow,
    selected: ReadonlySet<string>,
    available: ReadonlySet<string>,
    { keepVanished, withReferrers }: MirrorRules,
  ) {
    const found: DryTag[] = []
    for await (const page of tags.names(mirror.repository_id)) {
      for (const name of page) {
        if (selected.has(name) || (withReferrers && isCompanion(name))) continue
        if (found.length >= dryTags) return { tags: found, isComplete: false }
        const action = keepVanished && !available.has(name) ? 'kept' : 'removed'
        const localDigest = await local(mirror.repository_id, name)
        found.push({ name, action, upstreamDigest: null, localDigest })
      }
    }
    return { tags: found, isComplete: true }
  }
}

function byName(a: DryTag, b: DryTag): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
