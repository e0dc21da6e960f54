import type { Output } from '../api/operations.ts'
import { m } from '../paraglide/messages.js'

export type Note = Output<'GET /api/v1/mooring/notifications'>['notifications'][number]
type Write = (of: (key: string) => string) => string

/** The kinds of the drawer, and what each says with its metadata. */
const texts: Readonly<Record<string, Write>> = {
  repo_push: (of) => m.note_push({ repository: of('repository'), tags: of('updated_tags') }),
  vulnerability_found: (of) =>
    m.note_vulnerability({ priority: of('priority'), repository: of('repository') }),
  repo_image_expiry: (of) => m.note_expiring({ repository: of('repository'), tags: of('tags') }),
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
  test_notification: () => m.note_test(),
}

export function notificationText(note: Note): string {
  const write = texts[note.kind]
  return write === undefined ? m.note_unknown({ kind: note.kind }) : write(partOf(note.metadata))
}

const partOf = (metadata: Note['metadata']) => (key: string) => {
  const value = metadata[key]
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function toneOf({ kind, metadata }: Note): 'info' | 'warning' | 'danger' {
  if (kind === 'vulnerability_found') {
    const priority = metadata['priority']
    if (priority === 'Critical') return 'danger'
    return priority === 'High' || priority === 'Medium' ? 'warning' : 'info'
  }
  if (kind === 'quota_error' || kind.endsWith('_failed')) return 'danger'
  return kind === 'quota_warning' || kind === 'password_required' ? 'warning' : 'info'
}
