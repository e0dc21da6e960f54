import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'

export type RepoNotification =
  Output<'GET /api/v1/repository/{repository}/notification/'>['notifications'][number]
export type RepoEvent = RepoNotification['event']

interface Words {
  readonly label: () => string
  /** The feature without which it never happens. */
  readonly feature?: string
}

const events: Readonly<Record<RepoEvent, Words>> = {
  repo_push: { label: m.notify_event_push },
  vulnerability_found: { label: m.notify_event_vulnerability, feature: 'SECURITY_SCANNER' },
  build_failure: { label: m.notify_event_build_failed, feature: 'BUILD_SUPPORT' },
  build_queued: { label: m.notify_event_build_queued, feature: 'BUILD_SUPPORT' },
  build_start: { label: m.notify_event_build_started, feature: 'BUILD_SUPPORT' },
  build_success: { label: m.notify_event_build_success, feature: 'BUILD_SUPPORT' },
  build_cancelled: { label: m.notify_event_build_cancelled, feature: 'BUILD_SUPPORT' },
  repo_mirror_sync_started: { label: m.notify_event_mirror_started, feature: 'REPO_MIRROR' },
  repo_mirror_sync_success: { label: m.notify_event_mirror_success, feature: 'REPO_MIRROR' },
  repo_mirror_sync_failed: { label: m.notify_event_mirror_failed, feature: 'REPO_MIRROR' },
  repo_image_expiry: { label: m.notify_event_expiry, feature: 'IMAGE_EXPIRY_TRIGGER' },
}

export const eventNames = Object.keys(events) as readonly RepoEvent[]
export const isEvent = (name: string | null): name is RepoEvent => name !== null && name in events
export const eventLabel = (event: string) => (isEvent(event) ? events[event].label() : event)

export const eventsOffered = (has: (feature: string) => boolean): readonly RepoEvent[] =>
  eventNames.filter((event) => {
    const { feature } = events[event]
    return feature === undefined || has(feature)
  })

/** From the worst; its place in the list is what the server compares with. */
export const severities = [
  m.notify_severity_critical,
  m.notify_severity_high,
  m.notify_severity_medium,
  m.notify_severity_low,
  m.notify_severity_negligible,
  m.notify_severity_unknown,
] as const

export const isBuild = (event: RepoEvent) => event.startsWith('build_')

/** What narrows an event, in words; undefined when nothing does. */
export function eventFilter({
  event,
  event_config: filter,
}: Pick<RepoNotification, 'event' | 'event_config'>): string | undefined {
  const { days, level, 'ref-regex': ref } = filter
  if (event === 'repo_image_expiry' && typeof days === 'number') return m.notify_days({ days })
  if (event === 'vulnerability_found' && typeof level === 'number') {
    const severity = severities[level]?.()
    return severity === undefined ? undefined : m.notify_severity_from({ severity })
  }
  return isBuild(event) && typeof ref === 'string' && ref !== '' ? ref : undefined
}
