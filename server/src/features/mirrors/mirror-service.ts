import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { nextOf } from '../../platform/calendar.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { identityKeys } from '../audit/identity-keys.ts'
import { permissionStore } from '../repositories/permission-store.ts'
import { repositoryStore, type RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import { mirrorClaimStore } from './mirror-claim-store.ts'
import type { MirrorSettingsService, MirrorWish } from './mirror-settings-service.ts'
import { syncStatus, usualRetries } from './mirror-status.ts'
import { mirrorStore, type MirrorRow, type MirrorSettings } from './mirror-store.ts'
import { momentsOf, parseRules, usualRules, type MirrorRules } from './mirror-rules.ts'
import { checkRules } from './check-rules.ts'

export type MirrorService = ReturnType<typeof createMirrorService>

/** A repository, its namespace and who changes it. */
export interface MirrorSubject {
  readonly repository: RepositoryRow
  readonly namespace: Pick<AccountRow, 'id' | 'username'>
  readonly actor: Actor
}

/** What the workers of this process are told at once; those of others find out by themselves. */
export interface MirrorControl {
  /** There may be something to do. */
  readonly wake: () => void
  /** What runs of this mirror ends now. */
  readonly stop: (mirrorId: number) => void
}

type NewMirrorWish = MirrorWish & {
  readonly external_reference: string
  readonly sync_interval: number
  readonly sync_start_date: string
  readonly root_rule: { readonly rule_value: readonly string[] }
  readonly skopeo_timeout_interval: number
}

/** The rules of mirrors (engines, 7; api-shapes, 16.1). */
export function createMirrorService({
  database,
  clock,
  random,
  audit,
  settings,
  control,
}: {
  database: Database
  clock: Clock
  random: Random
  audit: AuditLog
  settings: MirrorSettingsService
  control: MirrorControl
}) {
  const { db } = database

  const record = (tx: Db, { repository, actor }: MirrorSubject, changed: string, to: unknown) => {
    const { repositoryId, account, about } = subjectOf(repository)
    const { principal } = actor
    const who = principal === 'system' ? {} : identityKeys(principal)
    return audit.recordIn(tx, {
      kind: 'repo_mirror_config_changed',
      ...{ account, actor, repositoryId },
      metadata: { ...about, ...who, changed, to },
    })
  }

  /** @throws Problem `not-found` */
  async function get({ id }: Pick<RepositoryRow, 'id'>, on: Db = db): Promise<MirrorRow> {
    const mirror = await mirrorStore(on).find(id)
    if (mirror === undefined) throw new Problem('not-found')
    return mirror
  }

  /** The robot may write from now on, unless it may do that or more. */
  async function letPush(tx: Db, { repository, actor }: MirrorSubject, robot: AccountRow) {
    const granted = await permissionStore(tx).findUser(repository, robot.username)
    if (granted?.role === 'write' || granted?.role === 'admin') return
    await permissionStore(tx).grant(repository.id, { userId: robot.id }, 'write')
    const { repositoryId, account, about } = subjectOf(repository)
    await audit.recordIn(tx, {
      kind: 'change_repo_permission',
      ...{ account, actor, repositoryId },
      metadata: { username: robot.username, ...about, role: 'write' },
    })
  }

  async function setState(
    tx: Db,
    { repository, actor }: MirrorSubject,
    state: 'MIRROR' | 'NORMAL',
  ): Promise<void> {
    if (repository.state === state) return
    await repositoryStore(tx).setState(repository.id, state)
    const { repositoryId, account, about } = subjectOf(repository)
    await audit.recordIn(tx, {
      kind: 'change_repo_state',
      ...{ account, actor, repositoryId },
      metadata: { ...about, state_changed: state },
    })
  }

  function requireManageable({ repository }: MirrorSubject): void {
    if (repository.state !== 'ORG_MIRROR') return
    const message =
      'Repository mirror configuration cannot be managed when organization-level mirroring is configured'
    throw new Problem('request-invalid', { message })
  }

  /** @returns false when there is one already. */
  async function create(subject: MirrorSubject, wish: NewMirrorWish): Promise<boolean> {
    requireManageable(subject)
    const { repository, namespace } = subject
    if ((await mirrorStore(db).find(repository.id)) !== undefined) return false
    const startAt = settings.parseStart(wish.sync_start_date)
    settings.requireTimeout(wish.skopeo_timeout_interval, '')
    settings.requireArchitectures(wish.architecture_filter ?? [])
    const { host } = await settings.parseReference(wish.external_reference)
    const { robot_username: robotName } = wish
    if (robotName === undefined) {
      throw new Problem('request-invalid', { message: "'robot_username' is a required property" })
    }
    const { external_registry_username: username, external_registry_password: password } = wish
    const sealed = (text: string | null | undefined) =>
      text === null || text === undefined || text === '' ? null : settings.seal(text)
    const upstream = settings.mergeUpstream({}, wish.external_registry_config ?? {})
    const isNew = await db.transaction().execute(async (tx) => {
      const robot = await settings.getRobot(tx, namespace, robotName)
      const mirror = await mirrorStore(tx).insert({
        repository_id: repository.id,
        robot_user_id: robot.id,
        external_reference: wish.external_reference,
        upstream_host: host,
        username_encrypted: sealed(username),
        password_encrypted: sealed(username) === null ? null : sealed(password),
        upstream_json: settings.seal(JSON.stringify(upstream)),
        patterns_json: JSON.stringify(wish.root_rule.rule_value),
        rules_json: JSON.stringify(usualRules),
        architectures_json: JSON.stringify(wish.architecture_filter ?? []),
        timeout_s: wish.skopeo_timeout_interval,
        is_enabled: wish.is_enabled === false ? 0 : 1,
        interval_s: wish.sync_interval,
        start_at: startAt,
        status: syncStatus.neverRun,
        retries: usualRetries,
        expires_at: null,
        transaction_id: random.uuid(),
        last_run_id: null,
        last_success_at: null,
        referrers_checked_at: null,
        created_at: clock.now(),
      })
      if (mirror === undefined) return false
      await letPush(tx, subject, robot)
      await setState(tx, subject, 'MIRROR')
      await record(tx, subject, 'external_reference', wish.external_reference)
      return true
    })
    if (isNew) control.wake()
    return isNew
  }

  /** Everything is checked before anything is changed. */
  async function change(subject: MirrorSubject, wish: MirrorWish): Promise<void> {
    requireManageable(subject)
    await get(subject.repository)
    const { external_registry_username: username, external_registry_password: password } = wish
    if (password !== undefined && password !== null && username === undefined) {
      throw badCredentials('Unable to set a new password without also specifying a username.')
    }
    if (username === null && password !== undefined && password !== null) {
      throw badCredentials('Unable to delete username while setting a password.')
    }
    const startAt =
      wish.sync_start_date === undefined ? undefined : settings.parseStart(wish.sync_start_date)
    if (wish.skopeo_timeout_interval !== undefined) {
      settings.requireTimeout(wish.skopeo_timeout_interval, '.')
    }
    settings.requireArchitectures(wish.architecture_filter ?? [])
    const reference =
      wish.external_reference === undefined
        ? undefined
        : await settings.parseReference(wish.external_reference)
    await db.transaction().execute(async (tx) => {
      const mirror = await get(subject.repository, tx)
      const changes: (readonly [string, unknown])[] = []
      const next: MirrorSettings = {}
      const note = (name: string, to: unknown) => changes.push([name, to])
      if (wish.is_enabled !== undefined) {
        next.is_enabled = wish.is_enabled ? 1 : 0
        note('is_enabled', wish.is_enabled)
      }
      if (reference !== undefined) {
        next.external_reference = wish.external_reference ?? ''
        next.upstream_host = reference.host
        note('external_reference', wish.external_reference)
        // A password goes to whom it was entered for and to nobody else.
        if (reference.host !== mirror.upstream_host) next.password_encrypted = null
      }
      if (wish.robot_username !== undefined) {
        const robot = await settings.getRobot(tx, subject.namespace, wish.robot_username)
        await letPush(tx, subject, robot)
        next.robot_user_id = robot.id
        note('robot_username', robot.username)
      }
      if (wish.sync_interval !== undefined) {
        next.interval_s = wish.sync_interval
        note('sync_interval', wish.sync_interval)
      }
      if (startAt !== undefined) {
        next.start_at = startAt
        note('sync_start_date', wish.sync_start_date)
        // What was cancelled waits for exactly this.
        if (mirror.status === syncStatus.cancelled) {
          next.status = syncStatus.neverRun
          next.retries = usualRetries
        }
      }
      if (wish.root_rule !== undefined) {
        next.patterns_json = JSON.stringify(wish.root_rule.rule_value)
        note('mirror_rule', wish.root_rule.rule_value)
      }
      if (wish.skopeo_timeout_interval !== undefined) {
        next.timeout_s = wish.skopeo_timeout_interval
        note('skopeo_timeout_interval', wish.skopeo_timeout_interval)
      }
      if (wish.architecture_filter !== undefined) {
        next.architectures_json = JSON.stringify(wish.architecture_filter ?? [])
        note('architecture_filter', wish.architecture_filter ?? [])
      }
      if (username === null || username === '') {
        next.username_encrypted = null
        next.password_encrypted = null
        note('external_registry_username', null)
      } else if (username !== undefined) {
        next.username_encrypted = settings.seal(username)
        note('external_registry_username', username)
        if (password !== undefined) {
          const hasPassword = password !== null && password !== ''
          next.password_encrypted = hasPassword ? settings.seal(password) : null
          note('external_registry_password', hasPassword ? '********' : null)
        }
      }
      if (wish.external_registry_config !== undefined) {
        const before = settings.upstreamOf(mirror)
        const merged = settings.mergeUpstream(before, wish.external_registry_config)
        next.upstream_json = settings.seal(JSON.stringify(merged))
        const sealed = { ...mirror, upstream_json: next.upstream_json }
        const { proxy = {}, ...rest } = settings.shownUpstream(sealed)
        const named = { ...wish.external_registry_config, ...wish.external_registry_config.proxy }
        for (const [key, to] of Object.entries({ ...rest, ...proxy })) {
          if (key in named) note(key, to)
        }
      }
      if (Object.keys(next).length > 0) await mirrorStore(tx).change(mirror.id, next)
      for (const [name, to] of changes) await record(tx, subject, name, to)
    })
    control.wake()
  }

  async function changeRules(subject: MirrorSubject, wish: Partial<MirrorRules>): Promise<void> {
    requireManageable(subject)
    checkRules(wish)
    settings.requirePlatforms(wish.platforms ?? [])
    await db.transaction().execute(async (tx) => {
      const mirror = await get(subject.repository, tx)
      const rules = { ...parseRules(mirror), ...wish }
      const moments = momentsOf(wish.calendar === undefined ? usualRules : rules)
      await mirrorStore(tx).change(mirror.id, {
        rules_json: JSON.stringify(rules),
        // What was cancelled has no start, and waits for one.
        ...(moments.length > 0 &&
          mirror.start_at !== null && { start_at: nextOf(moments, clock.now()) }),
      })
      for (const [name, to] of Object.entries(wish)) await record(tx, subject, name, to)
    })
  }

  /** @throws Problem `not-found` when it runs already, or there is none */
  async function syncNow(subject: MirrorSubject): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const { id } = await get(subject.repository, tx)
      if (!(await mirrorClaimStore(tx).request(id, random.uuid()))) throw new Problem('not-found')
      await record(tx, subject, 'sync_status', 'SYNC_NOW')
    })
    control.wake()
  }

  async function cancelIn(tx: Db, subject: MirrorSubject, id: number): Promise<boolean> {
    const cancelled = await mirrorClaimStore(tx).cancel(id, random.uuid())
    if (cancelled) await record(tx, subject, 'sync_status', 'SYNC_CANCEL')
    return cancelled
  }

  return {
    find: ({ id }: Pick<RepositoryRow, 'id'>) => mirrorStore(db).find(id),
    get: (repository: Pick<RepositoryRow, 'id'>) => get(repository),
    create,
    change,
    changeRules,
    syncNow,

    /** @throws Problem `not-found` when nothing runs or is about to */
    async cancel(subject: MirrorSubject): Promise<void> {
      const { id } = await get(subject.repository)
      await db.transaction().execute(async (tx) => {
        if (!(await cancelIn(tx, subject, id))) throw new Problem('not-found')
      })
      control.stop(id)
    },

    /** No schedule any more, and what runs ends. */
    async pause(subject: MirrorSubject): Promise<void> {
      const { id } = await get(subject.repository)
      await db.transaction().execute(async (tx) => {
        await cancelIn(tx, subject, id)
        await mirrorStore(tx).change(id, { is_enabled: 0 })
        await record(tx, subject, 'is_enabled', false)
      })
      control.stop(id)
    },

    /** By its schedule again, at once when it has none. */
    async resume(subject: MirrorSubject): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const mirror = await get(subject.repository, tx)
        await mirrorStore(tx).change(mirror.id, {
          is_enabled: 1,
          ...(mirror.status === syncStatus.cancelled && {
            status: syncStatus.neverRun,
            retries: usualRetries,
            start_at: mirror.start_at ?? clock.now(),
          }),
        })
        await record(tx, subject, 'is_enabled', true)
      })
      control.wake()
    },

    /** The images stay, and people may push again. */
    async remove(subject: MirrorSubject): Promise<void> {
      requireManageable(subject)
      const { id } = await get(subject.repository)
      await db.transaction().execute(async (tx) => {
        await mirrorStore(tx).delete(id)
        if (subject.repository.state === 'MIRROR') await setState(tx, subject, 'NORMAL')
        await record(tx, subject, 'external_reference', null)
      })
      control.stop(id)
    },
  }
}

function badCredentials(message: string): Problem {
  return new Problem('state-invalid', { message })
}
