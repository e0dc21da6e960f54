import type { Input, Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import type { Tone } from '../../ui/tone.ts'

export type Bundle = Output<'GET /api/v1/mooring/bundles'>['bundles'][number]
export type BundleJob = Output<'GET /api/v1/mooring/jobs/{job_id}'>
export type BundlePlan = Output<'POST /api/v1/mooring/bundles/plans'>
export type Inspection = Output<'POST /api/v1/mooring/bundles/inspect'>
export type SavedSelection = Output<'GET /api/v1/mooring/bundles/selections/{selection_id}'>
export type Changes = NonNullable<Inspection['changes']>
export type TagChange = Changes['rows'][number]
export type ConflictChoice = TagChange['choices'][number]
type TagDeletion = Changes['deletions'][number]
export type BundleFact = Inspection['warnings'][number]
export type BundleSource = Input<'POST /api/v1/mooring/bundles/inspect'>['body']['source']

type JobState = BundleJob['progress']['state']
type Words<Key extends string> = Readonly<Record<Key, () => string>>

export const bundleStates: Words<Bundle['state']> = {
  writing: m.bundles_state_writing,
  ready: m.bundles_state_ready,
  confirmed: m.bundles_state_confirmed,
  importing: m.bundles_state_importing,
  imported: m.bundles_state_imported,
  incomplete: m.bundles_state_incomplete,
  failed: m.bundles_state_failed,
}
export const bundleTones: Readonly<Record<Bundle['state'], Tone>> = {
  writing: 'info',
  ready: 'neutral',
  confirmed: 'success',
  importing: 'info',
  imported: 'success',
  incomplete: 'warning',
  failed: 'danger',
}

export const jobKinds: Words<BundleJob['kind']> = {
  export: m.bundles_job_export,
  import: m.bundles_job_import,
  verify: m.bundles_job_verify,
}
export const jobStates: Words<JobState> = {
  queued: m.bundles_job_queued,
  running: m.bundles_job_running,
  paused: m.bundles_job_paused,
  waiting: m.bundles_job_waiting,
  done: m.bundles_job_done,
  failed: m.bundles_job_failed,
  cancelled: m.bundles_job_cancelled,
}
export const jobTones: Readonly<Record<JobState, Tone>> = {
  queued: 'neutral',
  running: 'info',
  paused: 'warning',
  waiting: 'warning',
  done: 'success',
  failed: 'danger',
  cancelled: 'neutral',
}
const active: readonly JobState[] = ['queued', 'running', 'paused', 'waiting']
export const isActive = ({ progress }: BundleJob) => active.includes(progress.state)

const phases: Readonly<Record<string, () => string>> = {
  preparing: m.bundles_phase_preparing,
  planning: m.bundles_phase_planning,
  fetching: m.bundles_phase_fetching,
  reading: m.bundles_phase_reading,
  writing: m.bundles_phase_writing,
  verifying: m.bundles_phase_verifying,
  finishing: m.bundles_phase_finishing,
  checking: m.bundles_phase_checking,
  content: m.bundles_phase_content,
  images: m.bundles_phase_images,
}
/** What a job does at the moment. */
export const phaseText = ({ progress }: BundleJob) =>
  progress.state === 'running'
    ? (phases[progress.phase]?.() ?? progress.phase)
    : jobStates[progress.state]()

export const directionText = (direction: Bundle['direction']) =>
  direction === 'out' ? m.bundles_out() : m.bundles_in()

/** `site-42 · 17` */
export const streamText = (stream: string | null, sequence: number | null) =>
  stream === null
    ? m.bundles_no_stream()
    : m.bundles_stream_number({ stream, number: String(sequence ?? '–') })

export function baseText({ kind, id }: Bundle['base']): string {
  if (kind === 'none') return m.bundles_base_full()
  return kind === 'receipt'
    ? m.bundles_base_of_receipt({ id: id ?? '' })
    : m.bundles_base_of_bundle({ id: id ?? '' })
}

export const changeWords: Words<TagChange['what']> = {
  new: m.bundles_change_new,
  moved: m.bundles_change_moved,
  unchanged: m.bundles_change_unchanged,
  kept: m.bundles_change_kept,
}
export const changeTones: Readonly<Record<TagChange['what'], Tone>> = {
  new: 'success',
  moved: 'info',
  unchanged: 'neutral',
  kept: 'warning',
}
export const keptReasons: Words<NonNullable<TagChange['reason']>> = {
  immutable: m.bundles_kept_immutable,
  rollback: m.bundles_kept_rollback,
  'read-only': m.bundles_kept_read_only,
  mirror: m.bundles_kept_mirror,
  quota: m.bundles_kept_quota,
  'changed-here': m.bundles_kept_changed_here,
  name: m.bundles_kept_name,
  sparse: m.bundles_kept_sparse,
  policy: m.bundles_kept_policy,
}

/** What stands against a tag that moves all the same. */
export const conflictWords: Words<NonNullable<TagChange['conflict']>> = {
  immutable: m.bundles_kept_immutable,
  rollback: m.bundles_conflict_goes_back,
  'changed-here': m.bundles_kept_changed_here,
}
export const conflictChoices: Words<ConflictChoice> = {
  take: m.bundles_conflict_take,
  keep: m.bundles_conflict_keep,
  rename: m.bundles_conflict_rename,
}

export const deletionWords: Words<TagDeletion['what']> = {
  proposed: m.bundles_deletion_proposed,
  deleted: m.bundles_deletion_deleted,
  absent: m.bundles_deletion_absent,
  kept: m.bundles_change_kept,
}
export const deletionTones: Readonly<Record<TagDeletion['what'], Tone>> = {
  proposed: 'neutral',
  deleted: 'danger',
  absent: 'neutral',
  kept: 'warning',
}
export const deletionReasons: Words<NonNullable<TagDeletion['reason']>> = {
  immutable: m.bundles_kept_immutable,
  'read-only': m.bundles_kept_read_only,
  mirror: m.bundles_kept_mirror,
  'changed-here': m.bundles_kept_changed_here,
  brought: m.bundles_deletion_brought,
}

/** Where the page of a job is. */
export const jobPath = ({ id, kind }: Pick<BundleJob, 'id' | 'kind'>) =>
  `/bundles/${kind === 'export' ? 'export' : 'import'}?job=${id}`

/** The upload whose files lie at a path, if that is where they lie. */
export const uploadAt = (path: string) => /[\\/]([0-9a-f-]{36})[\\/]files$/.exec(path)?.[1]

/** Where a bundle that lies at a path is looked at. */
export function importPath(path: string): string {
  const upload = uploadAt(path)
  return upload === undefined
    ? `/bundles/import?path=${encodeURIComponent(path)}`
    : `/bundles/import?upload=${upload}&look=1`
}
