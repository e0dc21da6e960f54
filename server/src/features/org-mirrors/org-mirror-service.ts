import type { z } from 'zod'

import type { NewOrgMirror } from '../../contract/org-mirrors.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import { robotStore } from '../accounts/robot-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { Actor, AuditEntry, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import { immutabilityStore } from '../immutability/immutability-store.ts'
import { syncStatus, usualRetries } from '../mirrors/mirror-status.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'
import { proxyCacheStore } from '../proxy-cache/proxy-cache-store.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { orgMirrorRepositoryStore, type EntryStatus } from './org-mirror-repository-store.ts'
import {
  invalid,
  referenceOf,
  settingsOf,
  sourceOf,
  usualTimeoutS,
  type OrgMirrorWishes,
} from './org-mirror-settings.ts'
import { orgMirrorStore, type OrgMirrorRow } from './org-mirror-store.ts'
import type { SourceRegistry } from './source-registry.ts'

export type OrgMirrorService = ReturnType<typeof createOrgMirrorService>

type Organization = Pick<AccountRow, 'id' | 'username'>

export type NewOrgMirrorWishes = z.output<typeof NewOrgMirror>

const checkWithinMs = 10_000

/** The rules of mirroring a whole organization (engines, 8.1; api-shapes, 16.2). */
export function createOrgMirrorService({
  db,
  clock,
  random,
  secretBox,
  audit,
  outgoing,
  sources,
  wake,
}: {
  db: Db
  clock: Clock
  random: Random
  secretBox: SecretBox
  audit: AuditLog
  outgoing: Pick<OutgoingService, 'check'>
  sources: SourceRegistry
  /** There is something to do. */
  wake: () => void
}) {
  async function require(on: Db, organization: Organization): Promise<OrgMirrorRow> {
    const mirror = await orgMirrorStore(on).find(organization.id)
    if (mirror === undefined) throw new Problem('not-found')
    return mirror
  }

  async function requireRobot(tx: Db, organization: Organization, name: string): Promise<number> {
    const robot = await robotStore(tx).find(name)
    if (robot === undefined) throw invalid(`Invalid robot account: ${name}`)
    if (robot.namespace_user_id !== organization.id) {
      throw invalid('Robot account must belong to the organization')
    }
    return robot.id
  }

  /** Before every run the address is judged again, with what its name then means. */
  async function requireAllowed(url: string | undefined): Promise<void> {
    if (url === undefined) return
    const { kind } = await outgoing.check(url)
    if (kind === 'refused') throw invalid('The provided registry URL is not allowed')
  }

  /** Waiting for the database of an organization that somebody fills at the same time. */
  async function requireConvertible(tx: Db, { id }: Organization): Promise<void> {
    const what = 'Cannot create organization mirror: the organization'
    const mirrors = orgMirrorStore(tx)
    if (await mirrors.isMirrored(id)) throw invalid(taken)
    if (await mirrors.hasRepositories(id)) {
      throw invalid(
        `${what} already contains repositories. Organization mirroring requires an empty organization.`,
      )
    }
    const policies = await immutabilityStore(tx).list({ namespaceId: id }, 1)
    if (policies.length > 0) {
      throw invalid(
        `${what} has immutability policies configured. Remove all namespace immutability policies first.`,
      )
    }
    if ((await proxyCacheStore(tx).find(id)) !== undefined) {
      throw invalid(
        `${what} has a proxy cache configuration. Remove the proxy cache configuration first.`,
      )
    }
  }

  return {
    get: (organization: Organization): Promise<OrgMirrorRow> => require(db, organization),

    countRepositories: (mirror: OrgMirrorRow) =>
      orgMirrorRepositoryStore(db).countByStatus(mirror.id),

    async listRepositories(
      organization: Organization,
      { page, limit, status }: { page: number; limit: number; status?: EntryStatus },
    ) {
      const mirror = await require(db, organization)
      const entries = orgMirrorRepositoryStore(db)
      const counts = await entries.countByStatus(mirror.id)
      const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const total = status === undefined ? all : (counts.get(status) ?? 0)
      const offset = (page - 1) * limit
      const rows = await entries.page(mirror.id, {
        ...{ offset, limit },
        ...(status !== undefined && { status }),
      })
      return { rows, total, hasNext: offset + rows.length < total }
    },

    /** Who mirrors, by name; undefined when that robot is gone. */
    async robotName({ robot_user_id: id }: OrgMirrorRow): Promise<string | undefined> {
      if (id === null) return undefined
      const robot = await accountStore(db).findById(id)
      return robot?.username
    },

    async create(
      organization: Organization,
      wishes: NewOrgMirrorWishes,
      actor: Actor,
    ): Promise<void> {
      const settings = settingsOf(wishes, secretBox)
      await requireAllowed(wishes.external_registry_url)
      await db.transaction().execute(async (tx) => {
        const robotId = await requireRobot(tx, organization, wishes.robot_username)
        await requireConvertible(tx, organization)
        const mirror = await orgMirrorStore(tx).insert({
          ...{ username_encrypted: null, password_encrypted: null },
          ...{ upstream_json: '{}', filters_json: '[]', is_enabled: 1, timeout_s: usualTimeoutS },
          ...settings,
          organization_id: organization.id,
          robot_user_id: robotId,
          registry_type: wishes.external_registry_type,
          registry_url: settings.registry_url ?? wishes.external_registry_url,
          external_namespace: wishes.external_namespace,
          visibility: wishes.visibility,
          interval_s: wishes.sync_interval,
          status: syncStatus.neverRun,
          retries: usualRetries,
          transaction_id: random.uuid(),
          created_at: clock.now(),
        })
        if (mirror === undefined) throw invalid(taken)
        await audit.recordIn(
          tx,
          entry(organization, actor, 'org_mirror_enabled', {
            external_registry_type: mirror.registry_type,
            external_registry_url: mirror.registry_url,
            external_namespace: mirror.external_namespace,
            sync_interval: mirror.interval_s,
            robot_username: wishes.robot_username,
          }),
        )
      })
      wake()
    },

    /** What is not named stays. */
    async update(organization: Organization, wishes: OrgMirrorWishes, actor: Actor) {
      const settings = settingsOf(wishes, secretBox, await require(db, organization))
      await requireAllowed(wishes.external_registry_url)
      await db.transaction().execute(async (tx) => {
        const before = await require(tx, organization)
        if (Object.keys(wishes).length === 0) return
        const robot =
          wishes.robot_username === undefined
            ? {}
            : { robot_user_id: await requireRobot(tx, organization, wishes.robot_username) }
        const after = { ...before, ...settings }
        await orgMirrorStore(tx).change(before.id, {
          // A password goes to whom it was entered for and to nobody else.
          ...(isElsewhere(before, after) && { password_encrypted: null }),
          ...settings,
          ...robot,
          // A failed one that was given a new beginning has its tries again.
          ...(settings.start_at !== undefined && { retries: usualRetries }),
        })
        await audit.recordIn(
          tx,
          entry(organization, actor, 'org_mirror_config_changed', {
            updated_fields: Object.keys(wishes).toSorted(),
            old_external_reference: referenceOf(before),
            external_reference: referenceOf(after),
          }),
        )
      })
      wake()
    },

    /** Its repositories stay, and become ordinary ones. */
    async delete(organization: Organization, actor: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const mirror = await require(tx, organization)
        const repositories = repositoryStore(tx)
        for (const id of await orgMirrorRepositoryStore(tx).listRepositoryIds(mirror.id)) {
          await repositories.leaveOrgMirror(id)
        }
        await orgMirrorStore(tx).delete(mirror.id)
        await audit.recordIn(
          tx,
          entry(organization, actor, 'org_mirror_disabled', {
            external_reference: referenceOf(mirror),
          }),
        )
      })
    },

    async syncNow(organization: Organization, actor: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const mirror = await require(tx, organization)
        if (mirror.status === syncStatus.syncing) {
          throw invalid('Cannot trigger sync: discovery is currently in progress.')
        }
        if (await orgMirrorRepositoryStore(tx).isAnyActive(mirror.id)) {
          throw invalid(
            'Cannot trigger sync: repositories are still syncing. Cancel the current sync and wait for all repositories to reach a terminal state before triggering a new sync.',
          )
        }
        const claim = { id: mirror.id, transactionId: mirror.transaction_id }
        if (!(await orgMirrorStore(tx).request(claim, random.uuid()))) {
          throw invalid('Cannot trigger sync: concurrent update conflict.')
        }
        await audit.recordIn(
          tx,
          entry(organization, actor, 'org_mirror_sync_now_requested', {
            external_reference: referenceOf(mirror),
          }),
        )
      })
      wake()
    },

    async cancel(organization: Organization, actor: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const mirror = await require(tx, organization)
        if (!(await orgMirrorStore(tx).cancel(mirror.id, random.uuid(), clock.now()))) {
          throw invalid('Cannot cancel: mirror is already cancelled')
        }
        await audit.recordIn(
          tx,
          entry(organization, actor, 'org_mirror_sync_cancelled', {
            external_reference: referenceOf(mirror),
          }),
        )
      })
      wake()
    },

    /** With the stored credentials; a failure is an answer too. */
    async verify(organization: Organization): Promise<{ success: boolean; message: string }> {
      const mirror = await require(db, organization)
      const failed = (message: string) => ({ success: false, message })
      const source = sourceOf(mirror, secretBox)
      if (source === undefined) return failed('Failed to decrypt source registry credentials')
      const { kind } = await outgoing.check(mirror.registry_url)
      if (kind === 'refused') return failed('The provided URL is not allowed')
      try {
        await sources.check(source, AbortSignal.timeout(checkWithinMs))
        return { success: true, message: 'Connection successful' }
      } catch (error) {
        return failed(refusalOf(error))
      }
    },
  }
}

/** Another host, or the same one without TLS. */
function isElsewhere(
  before: Pick<OrgMirrorRow, 'registry_url'>,
  after: Pick<OrgMirrorRow, 'registry_url'>,
): boolean {
  const from = new URL(before.registry_url)
  const to = new URL(after.registry_url)
  return to.host !== from.host || (from.protocol === 'https:' && to.protocol === 'http:')
}

const taken = 'Mirror configuration already exists for this organization'

function refusalOf(error: unknown): string {
  if (error instanceof UpstreamFault) {
    if (error.code === 'auth_failed') return 'Authentication failed'
    if (error.code === 'network_timeout') return 'Connection timed out'
    if (error.code === 'not_found') return error.reason
    return error.message
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'Connection timed out'
  throw error
}

function entry(
  organization: Organization,
  actor: Actor,
  kind: LogKind,
  metadata: Readonly<Record<string, unknown>>,
): AuditEntry {
  const { id, username } = organization
  return { kind, account: { id, username }, actor, metadata }
}
