import { setImmediate as otherWork } from 'node:timers/promises'

import type { Clock } from '../../platform/clock.ts'
import { startStopwatch } from '../../platform/stopwatch.ts'
import { Problem } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { Outcome } from '../interface/bulk-service.ts'
import type { UpstreamCheck, UpstreamFactsKeeper } from '../upstreams/upstream-facts-service.ts'
import { checkRules } from './check-rules.ts'
import { failureOf, MirrorFault } from './mirror-failure.ts'
import type { MirrorBulk } from './mirror-bulk-service.ts'
import type { mirrorListStore, ListedMirror } from './mirror-list-store.ts'
import type { MirrorSettingsService, UpstreamSettings } from './mirror-settings-service.ts'
import type { MirrorUpstreams, UpstreamSpec } from './mirror-upstream-service.ts'

export type UpstreamSettingsService = ReturnType<typeof createUpstreamSettings>
type Caller = Parameters<MirrorBulk['eachDoes']>[0]

/** What changes for all mirrors of an upstream. */
export interface UpstreamWish {
  readonly external_registry_username?: string | null | undefined
  readonly external_registry_password?: string | null | undefined
  readonly external_registry_config?: UpstreamSettings | undefined
  readonly rate?: string | null | undefined
}

const answerWithinMs = 30_000
const changedAtOnce = 200
/** A tag that nearly every repository has; what counts is that the upstream answers. */
const askedTag = 'latest'

/** Upstreams as a whole: tried, and changed for all of their mirrors. */
export function createUpstreamSettings({
  clock,
  mirrors,
  settings,
  upstreams,
  facts,
  bulk,
}: {
  clock: Clock
  mirrors: Pick<ReturnType<typeof mirrorListStore>, 'listOfHost'>
  settings: MirrorSettingsService
  upstreams: MirrorUpstreams
  facts: Pick<UpstreamFactsKeeper, 'noteCheck'>
  bulk: MirrorBulk
}) {
  /** @throws Problem `not-found` when no mirror follows it */
  async function oneOf(host: string): Promise<ListedMirror> {
    const [mirror] = await mirrors.listOfHost(host, 0, 1)
    if (mirror === undefined) throw new Problem('not-found')
    return mirror
  }

  function specWith(mirror: ListedMirror, wish: UpstreamWish): UpstreamSpec {
    const { external_registry_username: username, external_registry_password: password } = wish
    const isNamed = username !== undefined
    const stored = isNamed ? { ...mirror, username_encrypted: null } : mirror
    const spec = upstreams.specOf(stored)
    return {
      ...spec,
      settings: settings.mergeUpstream(spec.settings, wish.external_registry_config ?? {}),
      ...(typeof username === 'string' &&
        username !== '' && { credentials: { username, password: password ?? '' } }),
    }
  }

  async function ask(mirror: ListedMirror, wish: UpstreamWish, signal: AbortSignal) {
    const elapsed = startStopwatch()
    const timeout = AbortSignal.timeout(answerWithinMs)
    const until = AbortSignal.any([signal, timeout])
    const check = (code: string | null, message: string | null): UpstreamCheck => {
      return { at: clock.now(), ms: Math.round(elapsed()), code, message }
    }
    try {
      const upstream = await upstreams.open(specWith(mirror, wish), until)
      await upstream.checkVersion(until)
      await upstream.headManifest(askedTag, until)
      return check(null, null)
    } catch (error) {
      if (timeout.aborted) return check('network_timeout', 'The upstream takes too long to answer')
      if (!(error instanceof UpstreamFault || error instanceof MirrorFault)) throw error
      const { code, message } = failureOf(error)
      return check(code, message)
    }
  }

  return {
    /** @throws Problem `not-found` when no mirror follows it */
    async test(host: string, signal: AbortSignal): Promise<UpstreamCheck> {
      const check = await ask(await oneOf(host), {}, signal)
      facts.noteCheck(host, check)
      return check
    },

    /**
     * Nothing is changed when the upstream refuses what is wished for, unless that is wanted.
     * @throws Problem `not-found`, `request-invalid`
     */
    async change(
      by: Caller,
      host: string,
      wish: UpstreamWish,
      { anyway, signal }: { readonly anyway: boolean; readonly signal: AbortSignal },
    ): Promise<{ check: UpstreamCheck; saved: boolean; outcomes: readonly Outcome[] }> {
      requireWhole(wish)
      const { rate, ...rest } = wish
      if (rate !== undefined) checkRules({ rate })
      const check = await ask(await oneOf(host), wish, signal)
      if (check.code !== null && !anyway) return { check, saved: false, outcomes: [] }
      facts.noteCheck(host, check)
      const outcomes: Outcome[] = []
      for (let after = 0; ;) {
        const some = await mirrors.listOfHost(host, after, changedAtOnce)
        const names = some.map(({ full_name }) => full_name)
        outcomes.push(
          ...(await bulk.eachDoes(by, names, async (subject, service) => {
            if (Object.keys(rest).length > 0) await service.change(subject, rest)
            if (rate !== undefined) await service.changeRules(subject, { rate })
          })),
        )
        const last = some.at(-1)
        if (last === undefined || some.length < changedAtOnce) break
        after = last.id
        await otherWork()
      }
      return { check, saved: true, outcomes }
    },
  }
}

/** A password belongs to a name, and none that was kept goes to another. @throws Problem `request-invalid` */
function requireWhole({
  external_registry_username: username,
  external_registry_password: password,
}: UpstreamWish): void {
  const hasName = typeof username === 'string' && username !== ''
  const hasPassword = typeof password === 'string'
  if (hasName === hasPassword) return
  const message = hasName ? 'A user name needs its password' : 'A password needs its user name'
  throw new Problem('request-invalid', { message })
}
