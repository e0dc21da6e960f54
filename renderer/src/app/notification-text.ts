import type { Output } from '../api/operations.ts'
import { m } from '../paraglide/messages.js'
import { organizationPath, repositoryPath } from '../router/routes.ts'

export type Note = Output<'GET /api/v1/mooring/notifications'>['notifications'][number]
type Write = (of: (key: string) => string) => string

/** The kinds of the drawer, and what each says with its metadata. */
const texts: Readonly<Record<string, Write>> = {
  repo_push: (of) => m.note_push({ repository: of('repository'), tags: of('updated_tags') }),
  vulnerability_found: (of) =>
    m.note_vulnerability({ priority: of('priority'), repository: of('repository') }),
  repo_image_expiry: (of) => {
    const [repository, tags, days] = [of('repository'), of('tags'), parseInt(of('expiring_in'))]
    return Number.isNaN(days)
      ? m.note_expiring({ repository, tags })
      : m.note_expiring_days({ repository, tags, days })
  },
  build_queued: (of) => m.note_build_queued({ repository: of('repository') }),
  build_start: (of) => m.note_build_started({ repository: of('repository') }),
  build_success: (of) => m.note_build_success({ repository: of('repository') }),
  build_failure: (of) => m.note_build_failed({ repository: of('repository') }),
  build_cancelled: (of) => m.note_build_cancelled({ repository: of('repository') }),
  quota_warning: (of) => m.note_quota_warning({ namespace: of('namespace') }),
  quota_error: (of) => m.note_quota_error({ namespace: of('namespace') }),
  maintenance: (of) => m.note_maintenance({ reason: of('reason') }),
  service_key_submitted: (of) => m.note_key({ name: of('name') || of('kid') }),
  org_team_invite: (of) =>
    m.note_team_invite({ inviter: of('inviter'), team: of('team'), org: of('org') }),
  password_required: () => m.note_password(),
  assigned_authorization: (of) => m.note_assigned({ application: of('application') }),
  repo_mirror_sync_started: (of) => m.note_mirror_started({ repository: of('repository') }),
  repo_mirror_sync_success: (of) => m.note_mirror_success({ repository: of('repository') }),
  repo_mirror_sync_failed: (of) => m.note_mirror_failed({ repository: of('repository') }),
  bundle_export_failed: (of) =>
    m.note_bundle_failed({ selection: of('selection'), message: of('message') }),
  test_notification: () => m.note_test(),
}

export function notificationText(note: Note): string {
  const write = texts[note.kind]
  return write === undefined ? m.note_unknown({ kind: note.kind }) : write(partOf(note.metadata))
}

const partOf = (metadata: Note['metadata']) => (key: string) => {
  const value = key === 'priority' ? priorityOf(metadata) : metadata[key]
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** One vulnerability, or several with the worst first. */
function priorityOf(metadata: Note['metadata']): unknown {
  const { vulnerability, vulnerabilities } = metadata
  const several: readonly unknown[] = Array.isArray(vulnerabilities) ? vulnerabilities : []
  const found = vulnerability ?? several[0]
  return typeof found === 'object' && found !== null && 'priority' in found
    ? found.priority
    : undefined
}

const tabs: Readonly<Record<string, string>> = {
  repo_push: 'tags',
  vulnerability_found: 'tags',
  repo_image_expiry: 'tags',
  repo_mirror_sync_started: 'mirroring',
  repo_mirror_sync_success: 'mirroring',
  repo_mirror_sync_failed: 'mirroring',
}

/** What it is about, where that has a page. */
export function placeOf({ kind, metadata }: Note): { label: string; href: string } | undefined {
  const { repository, namespace } = metadata
  if (typeof repository === 'string' && repository !== '') {
    const tab = tabs[kind]
    const query = tab === undefined ? '' : `?tab=${tab}`
    return { label: repository, href: repositoryPath(repository) + query }
  }
  if (kind.startsWith('quota_') && typeof namespace === 'string') {
    return { label: namespace, href: organizationPath(namespace) }
  }
  if (kind === 'bundle_export_failed') {
    return { label: m.bundles_selections_title(), href: '/bundles/selections' }
  }
  return undefined
}

export function toneOf({ kind, metadata }: Note): 'info' | 'warning' | 'danger' {
  if (kind === 'vulnerability_found') {
    const priority = priorityOf(metadata)
    if (priority === 'Critical') return 'danger'
    return priority === 'High' || priority === 'Medium' ? 'warning' : 'info'
  }
  if (['quota_error', 'build_failure'].includes(kind) || kind.endsWith('_failed')) return 'danger'
  return kind === 'quota_warning' || kind === 'password_required' ? 'warning' : 'info'
}
