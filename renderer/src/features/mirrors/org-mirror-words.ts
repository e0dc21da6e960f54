import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import type { Tone } from '../../ui/tone.ts'

export type EntryStatus =
  Output<'GET /api/v1/organization/{orgname}/mirror/repositories'>['repositories'][number]['sync_status']

const looks: Readonly<Record<EntryStatus, { label: () => string; tone: Tone }>> = {
  NEVER_RUN: { label: m.mirrors_org_status_pending, tone: 'neutral' },
  SYNC_NOW: { label: m.mirrors_org_status_requested, tone: 'info' },
  SYNCING: { label: m.mirrors_org_status_syncing, tone: 'info' },
  SUCCESS: { label: m.mirrors_org_status_success, tone: 'success' },
  FAIL: { label: m.mirrors_org_status_failed, tone: 'danger' },
  CANCEL: { label: m.mirrors_org_status_cancelled, tone: 'neutral' },
  SKIP: { label: m.mirrors_org_status_skipped, tone: 'neutral' },
}

export const entryStatuses = Object.keys(looks) as readonly EntryStatus[]
export const entryStatusLabel = (status: EntryStatus) => looks[status].label()
export const entryStatusTone = (status: EntryStatus) => looks[status].tone
