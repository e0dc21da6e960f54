import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import { presentFacts } from '../upstreams/present-upstream.ts'
import type { MirrorProgress } from './mirror-progress.ts'
import type { MirrorRules } from './mirror-rules.ts'
import type { MirrorRunRow, MirrorTagRow } from './mirror-run-store.ts'
import type { MirrorSettingsService } from './mirror-settings-service.ts'
import type { SeenMirror, SeenUpstreamWithFacts } from './mirror-view-service.ts'

/** A mirror as the interface's calls show it. */
export function presentMirror(settings: MirrorSettingsService) {
  return ({ mirror, state, waitingFor, lastRun, progress, nextRun, isOverdue }: SeenMirror) => ({
    repository: mirror.full_name,
    upstream: mirror.upstream_host,
    external_reference: mirror.external_reference,
    root_rule: { rule_kind: 'tag_glob_csv' as const, rule_value: settings.patternsOf(mirror) },
    state,
    waiting_for: waitingFor,
    is_enabled: mirror.is_enabled === 1,
    is_overdue: isOverdue,
    has_credentials: mirror.username_encrypted !== null,
    robot_username: mirror.robot_username,
    sync_interval: mirror.interval_s,
    last_success: wireDateOrNull(mirror.last_success_at),
    next_run: wireDateOrNull(nextRun),
    retries_remaining: mirror.retries,
    last_run: lastRun === undefined ? null : presentRun(lastRun),
    progress: progress === undefined ? null : presentProgress(progress),
  })
}

/** An upstream with what its mirrors and caches know of it. */
export function presentUpstream(upstream: SeenUpstreamWithFacts) {
  const { host, mirrors, caches, failed, running, lastSuccess, failedRun } = upstream
  return {
    ...{ host, mirrors, caches, failed, running },
    credentials: credentialsOf(upstream),
    ...presentFacts(upstream.facts),
    last_success: wireDateOrNull(lastSuccess),
    code: failedRun?.code ?? null,
    message: failedRun?.message ?? null,
  }
}

function credentialsOf({ mirrors, withCredentials, refusedSince, facts }: SeenUpstreamWithFacts) {
  // Others may have been entered since, and tried.
  const isBetter = facts.check?.code === null && facts.check.at > (refusedSince ?? 0)
  if (refusedSince !== null && !isBetter)
    return { state: 'refused' as const, since: wireDate(refusedSince) }
  const some = withCredentials < mirrors ? ('some' as const) : ('all' as const)
  return { state: withCredentials === 0 ? ('none' as const) : some, since: null }
}

export function presentProgress(progress: MirrorProgress) {
  const { startedAt, errors, layers } = progress
  return {
    ...progress,
    startedAt: wireDate(startedAt),
    errors: [...errors],
    layers: [...layers],
  }
}

export function presentRules(rules: MirrorRules) {
  const { newest, semver, exclude, platforms, calendar, windows, rate } = rules
  const { keepVanished, withReferrers, signatureKeys } = rules
  return {
    ...{ newest, semver, rate },
    exclude: [...exclude],
    platforms: [...platforms],
    calendar: [...calendar],
    windows: [...windows],
    signature_keys: [...signatureKeys],
    keep_vanished: keepVanished,
    with_referrers: withReferrers,
  }
}

export function presentRun(run: MirrorRunRow) {
  const { id, trigger, result, code, message, bytes, started_at, ended_at } = run
  return {
    ...{ id, trigger, result, code, message, bytes },
    started: wireDate(started_at),
    ended: wireDateOrNull(ended_at),
    duration_seconds: ended_at === null ? null : (ended_at - started_at) / 1_000,
    tags: {
      matched: run.tags_matched,
      new: run.tags_new,
      updated: run.tags_updated,
      unchanged: run.tags_unchanged,
      failed: run.tags_failed,
      removed: run.tags_removed,
    },
  }
}

export function presentTag(tag: MirrorTagRow) {
  const { name, state, digest, bytes, code, message, changed_at } = tag
  return { name, state, digest, bytes, code, message, changed: wireDate(changed_at) }
}
