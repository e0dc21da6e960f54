import {
  cancelOrgMirrorSync,
  createOrgMirrorConfig,
  deleteOrgMirrorConfig,
  getOrgMirrorConfig,
  listOrgMirrorRepositories,
  type OrgMirrorRepositoryStatus,
  syncOrgMirrorNow,
  updateOrgMirrorConfig,
  verifyOrgMirrorConnection,
} from '../../contract/org-mirrors.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireIsoDate } from '../api/wire-date.ts'
import { statusName } from '../mirrors/mirror-status.ts'
import { skipped, type EntryStatus } from './org-mirror-repository-store.ts'
import type { OrgMirrorService } from './org-mirror-service.ts'
import { filtersOf, invalid, shownUpstream } from './org-mirror-settings.ts'
import type { OrgMirrorRow } from './org-mirror-store.ts'

const usualLimit = 100
const mostPerPage = 500
const unreadable = '(invalid. please re-enter)'

/** Mirroring of organizations (api-shapes, 16.2). */
export function orgMirrorApi({
  mirrors,
  secretBox,
}: {
  mirrors: OrgMirrorService
  secretBox: SecretBox
}): readonly ApiRoute[] {
  async function present(mirror: OrgMirrorRow) {
    const counts = await mirrors.countRepositories(mirror)
    return {
      is_enabled: mirror.is_enabled === 1,
      external_registry_type: mirror.registry_type,
      external_registry_url: mirror.registry_url,
      external_namespace: mirror.external_namespace,
      external_registry_username: readable(mirror.username_encrypted),
      has_external_registry_password: mirror.password_encrypted !== null,
      external_registry_config: shownUpstream(mirror, secretBox),
      repository_filters: [...filtersOf(mirror)],
      robot_username: (await mirrors.robotName(mirror)) ?? null,
      visibility: mirror.visibility,
      sync_interval: mirror.interval_s,
      sync_start_date: seconds(mirror.start_at),
      sync_expiration_date: seconds(mirror.expires_at),
      sync_status: statusName(mirror.status),
      sync_retries_remaining: mirror.retries,
      repo_sync_status_counts: Object.fromEntries(
        statuses.map(([name, status]) => [name, counts.get(status) ?? 0]),
      ) as Record<EntryStatusName, number>,
      skopeo_timeout: mirror.timeout_s,
      creation_date: wireIsoDate(mirror.created_at),
    }
  }

  function readable(sealed: string | null): string | null {
    try {
      return sealed === null ? null : secretBox.open(sealed)
    } catch {
      return unreadable
    }
  }

  return [
    route(getOrgMirrorConfig, async ({ organization }) => present(await mirrors.get(organization))),

    route(createOrgMirrorConfig, async ({ organization, body, actor }) => {
      await mirrors.create(organization, body, actor)
      return undefined
    }),

    route(updateOrgMirrorConfig, async ({ organization, body, actor }) => {
      await mirrors.update(organization, body, actor)
      return undefined
    }),

    route(deleteOrgMirrorConfig, async ({ organization, actor }) => {
      await mirrors.delete(organization, actor)
      return undefined
    }),

    route(syncOrgMirrorNow, async ({ organization, actor }) => {
      await mirrors.syncNow(organization, actor)
      return undefined
    }),

    route(cancelOrgMirrorSync, async ({ organization, actor }) => {
      await mirrors.cancel(organization, actor)
      return undefined
    }),

    route(verifyOrgMirrorConnection, async ({ organization }) => mirrors.verify(organization)),

    route(listOrgMirrorRepositories, async ({ organization, query }) => {
      const page = numberIn(query.page, 1, Number.MAX_SAFE_INTEGER)
      const limit = numberIn(query.limit, usualLimit, mostPerPage)
      const status = statusIn(query.status)
      const found = await mirrors.listRepositories(organization, {
        ...{ page, limit },
        ...(status !== undefined && { status }),
      })
      return {
        repositories: found.rows.map((row) => ({
          name: row.name,
          sync_status: entryStatusName(row.status),
          discovery_date: seconds(row.discovered_at),
          last_sync_date: seconds(row.last_sync_at),
          status_message: row.message,
          quay_repository: row.full_name,
        })),
        ...{ page, limit, total: found.total, has_next: found.hasNext },
      }
    }),
  ]
}

type EntryStatusName = (typeof OrgMirrorRepositoryStatus.options)[number]

/** In the order in which a refusal lists them. */
const statuses: readonly (readonly [EntryStatusName, EntryStatus])[] = [
  ['CANCEL', -2],
  ['FAIL', -1],
  ['NEVER_RUN', 0],
  ['SUCCESS', 1],
  ['SYNCING', 2],
  ['SYNC_NOW', 3],
  ['SKIP', skipped],
]

function entryStatusName(status: EntryStatus): EntryStatusName {
  return status === skipped ? 'SKIP' : statusName(status)
}

function statusIn(text: string | undefined): EntryStatus | undefined {
  if (text === undefined || text === '') return undefined
  const found = statuses.find(([name]) => name === text.toUpperCase())
  if (found !== undefined) return found[1]
  const known = statuses.map(([name]) => name).join(', ')
  throw invalid(`Invalid status filter '${text.slice(0, 100)}'. Valid values: ${known}`)
}

/** A whole number from 1 on, at most `most`; else what is usual. */
function numberIn(text: string | undefined, usual: number, most: number): number {
  const number = text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : usual
  return number < 1 ? usual : Math.min(number, most)
}

function seconds(instant: number | null): string | null {
  return instant === null ? null : wireIsoDate(instant).replace(/\.\d+Z$/, 'Z')
}
