import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Upstream, UpstreamClient } from '../../upstream/upstream.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { Copier, MovedTag } from '../copying/copy.ts'
import { releasedAfter, type Ending } from '../mirrors/mirror-status.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { ClaimLost, claimLifeMs, whileClaimed } from './claim-watch.ts'
import { faultText, OrgMirrorFault } from './org-mirror-fault.ts'
import { orgMirrorRepositoryStore, type EntryRow } from './org-mirror-repository-store.ts'
import { referenceOf, sourceOf } from './org-mirror-settings.ts'
import { orgMirrorStore, type Claim, type OrgMirrorRow } from './org-mirror-store.ts'
import type { RepositoryMaking } from './repository-making-service.ts'
import type { Source } from './source-registry.ts'

const ourselves: Actor = { principal: 'system' }

export interface Synced {
  readonly ending: Ending
  readonly created: boolean
}

/** What Quay's registry takes an OAuth token for. */
const tokenUser = '$oauthtoken'
const mostTags = 100_000

interface Run {
  readonly mirror: OrgMirrorRow
  readonly entry: EntryRow
  readonly organization: AccountRow
}

/** Copies all tags of one found repository (engines, 8.3). Tags that vanished in the source stay. */
export function createOrgMirrorSync({
  db,
  clock,
  random,
  secretBox,
  audit,
  outgoing,
  client,
  copier,
  making,
}: {
  db: Db
  clock: Clock
  random: Random
  secretBox: SecretBox
  audit: AuditLog
  outgoing: Pick<OutgoingService, 'check'>
  client: Pick<UpstreamClient, 'repository'>
  copier: Copier
  making: Pick<RepositoryMaking, 'ensure' | 'principalOf'>
}) {
  const entries = orgMirrorRepositoryStore(db)

  async function record(
    { mirror, entry, organization }: Run,
    kind: LogKind,
    { message, verb, tag }: { message: string; verb: string; tag?: string },
  ): Promise<void> {
    await audit.recordIn(db, {
      kind,
      account: { id: organization.id, username: organization.username },
      actor: ourselves,
      repositoryId: entry.repository_id,
      metadata: {
        ...{ verb, message, tag: tag ?? null, tags: null, stdout: null },
        stderr: kind === 'org_mirror_sync_failed' ? message : null,
        namespace: organization.username,
        repo: entry.name,
        org_mirror_config_id: mirror.id,
        external_registry_url: mirror.registry_url,
        external_namespace: mirror.external_namespace,
      },
    })
  }

  /** Who mirrors, as pushes of the copied tags are logged. */
  async function robotOf({ mirror }: Run): Promise<AccountRow> {
    const id = mirror.robot_user_id
    const robot = id === null ? undefined : await accountStore(db).findById(id)
    if (robot === undefined) {
      throw new OrgMirrorFault('The robot account of the mirror does not exist')
    }
    return robot
  }

  async function sourceFor({ mirror }: Run): Promise<Source> {
    const source = sourceOf(mirror, secretBox)
    if (source === undefined) {
      throw new OrgMirrorFault('The stored credentials cannot be read any more')
    }
    const { kind } = await outgoing.check(mirror.registry_url)
    if (kind === 'refused') {
      throw new OrgMirrorFault('Source registry location is not allowed')
    }
    return source
  }

  function upstreamOf(source: Source, name: string) {
    const { protocol, host } = new URL(source.url)
    const { password, namespace, route, type } = source
    const username = source.username ?? (type === 'quay' ? tokenUser : '')
    const access = {
      ...{ host, repository: `${namespace}/${name}`, ...route },
      plainHttp: protocol === 'http:',
      ...(password !== undefined && { credentials: { username, password } }),
    }
    return client.repository(access, copier.observer(host))
  }

  function recordMove(repository: RepositoryRow, run: Run, robot: AccountRow) {
    const { organization } = run
    return async (tx: Db, { tag, mediaType }: MovedTag) => {
      if (!(await orgMirrorRepositoryStore(tx).isOwn(claimOf(run))))
        throw new ClaimLost('the work is not ours any more')
      await audit.recordIn(tx, {
        kind: 'push_repo',
        account: { id: organization.id, username: organization.username },
        actor: { principal: making.principalOf(robot, organization) },
        repositoryId: repository.id,
        metadata: { repo: repository.name, namespace: organization.username, tag, mediaType },
      })
    }
  }

  /** @returns what is said of it; undefined when everything is here. */
  async function copyAll(
    run: Run,
    repository: RepositoryRow,
    { source, robot }: { source: Source; robot: AccountRow },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { entry, mirror } = run
    const upstream = upstreamOf(source, entry.name)
    const tags = await inTime(mirror, signal, (until) => listed(upstream, until))
    const knownTags = new Set(tags)
    let failed = 0
    for (const tag of tags) {
      signal.throwIfAborted()
      try {
        await inTime(mirror, signal, (until) =>
          copier.copyTag({
            ...{ upstream, tag, knownTags, signal: until },
            source: upstream.access.host,
            repositoryId: repository.id,
            record: recordMove(repository, run, robot),
          }),
        )
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof ClaimLost) throw error
        failed++
        const message = faultText(error)
        await record(run, 'org_mirror_sync_failed', { message, verb: 'finish', tag })
      }
    }
    return failed === 0 ? undefined : `Sync failed: ${failed}/${tags.length} tags failed`
  }

  async function sync(run: Run, signal: AbortSignal) {
    const source = await sourceFor(run)
    const robot = await robotOf(run)
    const { repository, created } = await making.ensure({
      name: run.entry.name,
      organization: run.organization,
      visibility: run.mirror.visibility,
      robot,
      externalReference: `${referenceOf(run.mirror)}/${run.entry.name}`,
    })
    if (run.entry.repository_id !== repository.id) {
      await entries.noteRepository(run.entry.id, repository.id)
    }
    return { message: await copyAll(run, repository, { source, robot }, signal), created }
  }

  async function release(
    { mirror, entry }: Run,
    ending: 'success' | 'failure',
    message: string | null,
  ): Promise<boolean> {
    const now = clock.now()
    const standing = {
      ...{ retries: entry.retries, startAt: entry.start_at },
      intervalMs: mirror.interval_s * 1_000,
    }
    const released = releasedAfter(ending, standing, now)
    return entries.release(
      claimOf({ entry }),
      { ...released, message, lastSyncAt: now },
      random.uuid(),
    )
  }

  async function run(run: Run, stopping: AbortSignal): Promise<Synced> {
    const { entry } = run
    const claim = claimOf(run)
    const renew = async () =>
      (await entries.renew(claim, clock.now() + claimLifeMs)) && (await entries.isOwn(claim))
    await record(run, 'org_mirror_sync_started', { message: 'Sync started', verb: 'start' })
    try {
      const { message, created } = await whileClaimed(renew, stopping, (signal) =>
        sync(run, signal),
      )
      const ending = message === undefined ? 'success' : 'failure'
      await release(run, ending, message ?? null)
      const kind = ending === 'success' ? 'org_mirror_sync_success' : 'org_mirror_sync_failed'
      await record(run, kind, { message: message ?? 'Sync finished', verb: 'end' })
      return { ending, created }
    } catch (error) {
      // The next start takes over what is not released.
      if (stopping.aborted) throw error
      if (error instanceof ClaimLost) {
        await entries.noteLastSync(entry.id, clock.now())
        return { ending: 'cancelled', created: false }
      }
      const message = faultText(error)
      await release(run, 'failure', message)
      await record(run, 'org_mirror_sync_failed', { message, verb: 'end' })
      return { ending: 'failure', created: false }
    }
  }

  return {
    /** @returns undefined when nothing is due, or somebody else was first. */
    async step(stopping: AbortSignal): Promise<Synced | undefined> {
      const now = clock.now()
      const found = await entries.nextEligible(now)
      if (found === undefined) return undefined
      const entry = await entries.claim(
        { id: found.id, transactionId: found.transaction_id },
        { next: random.uuid(), now, expiresAt: now + claimLifeMs },
      )
      if (entry === undefined) return undefined
      const mirror = await orgMirrorStore(db).findById(entry.mirror_id)
      if (mirror === undefined) return undefined
      const organization = await accountStore(db).findById(mirror.organization_id)
      if (organization === undefined) return undefined
      return run({ mirror, entry, organization }, stopping)
    },
  }
}

const claimOf = ({ entry }: Pick<Run, 'entry'>): Claim => ({
  id: entry.id,
  transactionId: entry.transaction_id,
})

async function listed(upstream: Upstream, signal: AbortSignal): Promise<readonly string[]> {
  const tags: string[] = []
  for await (const tag of upstream.listTags(signal)) {
    tags.push(tag)
    if (tags.length > mostTags) throw new OrgMirrorFault('It has too many tags')
  }
  return tags
}

/** One step of a run. @throws OrgMirrorFault after the time that the mirror gives to each. */
async function inTime<T>(
  { timeout_s: seconds }: OrgMirrorRow,
  signal: AbortSignal,
  work: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(seconds * 1_000)
  try {
    return await work(AbortSignal.any([signal, timeout]))
  } catch (error) {
    if (!timeout.aborted || signal.aborted) throw error
    const message = `It took longer than ${String(seconds)} seconds; what came is kept`
    throw new OrgMirrorFault(message, { cause: error })
  }
}

export type OrgMirrorSync = ReturnType<typeof createOrgMirrorSync>
