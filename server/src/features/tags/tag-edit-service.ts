import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { TagPolicies } from '../immutability/tag-policies-service.ts'
import { findImageLife } from '../labels/image-label-service.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import type { TagChanges } from './tag-changes-service.ts'
import { boundedEnd } from './tag-expiry.ts'
import { tagHistoryStore } from './tag-history-store.ts'
import { parseTagName, type TagName } from './tag-name.ts'
import { describeChange, type ContentChange } from './tag-record.ts'
import { isLive } from './tag-service.ts'
import { tagStore, type LiveTag } from './tag-store.ts'

export type TagEditService = ReturnType<typeof createTagEditService>

export interface TagWishes {
  /** Seconds since the epoch; null: never. */
  readonly expiration?: number | null | undefined
  readonly immutable?: boolean | undefined
  readonly manifestDigest?: string | null | undefined
}

/** The end of the year 9999. */
const latestEnd: Instant = 253_402_300_799_000
const unreadable = 'The browser (or proxy) sent a request that this server could not understand.'

/** What people do to tags by the API. Durable when the caller has flushed the database. */
export function createTagEditService({
  clock,
  audit,
  tagChanges,
  tagPolicies,
  config: { features, timeMachine },
}: {
  clock: Clock
  audit: AuditLog
  tagChanges: TagChanges
  tagPolicies: TagPolicies
  config: Pick<Config, 'timeMachine'> & {
    readonly features: Pick<
      Config['features'],
      'immutableTags' | 'immutableTagsCanExpire' | 'changeTagExpiration'
    >
  }
}) {
  /** In a transaction that holds the lock of the repository. */
  function change(
    { repository }: ContentChange,
    names: readonly string[],
    work: (tx: Db, frozen: ReadonlySet<string>, now: Instant) => Promise<void>,
  ): Promise<void> {
    return tagPolicies.change(repository.id, names, async (tx, { state, frozen }) => {
      if (state === undefined || state === 'MARKED_FOR_DELETION') throw new Problem('not-found')
      await work(tx, frozen, clock.now())
    })
  }

  async function setExpiration(
    tx: Db,
    by: ContentChange,
    name: TagName,
    wantedS: number | null,
    now: Instant,
  ) {
    const current = await requireLive(tx, by, name, now)
    const wanted = wantedS === null ? null : wantedS * 1_000
    if (wanted !== null && (wanted <= now || wanted > latestEnd)) {
      throw new Problem('rule-violated', { message: unreadable })
    }
    if (wanted !== null && current.immutable === 1 && !features.immutableTagsCanExpire) {
      const message = `Cannot set expiration on immutable tag '${name}'`
      throw new Problem('rule-violated', { message })
    }
    const start = current.lifetime_start_ms
    const end =
      wanted === null ? null : wholeSeconds(boundedEnd({ start, wanted, now }, timeMachine))
    if (end === current.lifetime_end_ms) return
    await tagStore(tx).setEnd(current.id, end)
    const { username, repo, namespace, entry } = describeChange(by)
    await audit.recordIn(
      tx,
      entry('change_tag_expiration', {
        ...{ username, repo, tag: name, namespace },
        expiration_date: secondsOf(end),
        old_expiration_date: secondsOf(current.lifetime_end_ms),
      }),
    )
  }

  async function setImmutable(
    tx: Db,
    by: ContentChange,
    name: TagName,
    wanted: { readonly isImmutable: boolean; readonly mayClear: boolean },
    now: Instant,
  ) {
    const { isImmutable } = wanted
    const current = await requireLive(tx, by, name, now)
    if ((current.immutable === 1) === isImmutable) return
    if (!isImmutable && !wanted.mayClear) throw new Problem('access-denied')
    if (isImmutable && current.lifetime_end_ms !== null && !features.immutableTagsCanExpire) {
      throw new Problem('rule-violated', {
        message: `Cannot make tag '${name}' immutable: tag has expiration set. Clear expiration first or enable FEATURE_IMMUTABLE_TAGS_CAN_EXPIRE.`,
      })
    }
    await tagStore(tx).setImmutable(current.id, isImmutable)
    const { username, repo, namespace, entry } = describeChange(by)
    await audit.recordIn(
      tx,
      entry('change_tag_immutability', {
        ...{ username, repo, tag: name, namespace },
        immutable: isImmutable,
        previous_immutable: !isImmutable,
      }),
    )
  }

  async function point(
    tx: Db,
    by: ContentChange,
    target: { name: TagName; manifestId: number; isFrozen: boolean; isReversion?: boolean },
    now: Instant,
  ) {
    const { name, manifestId, isFrozen } = target
    const life = await findImageLife(tx, manifestId)
    await tagChanges.point(tx, { ...target, repositoryId: by.repository.id, life }, now)
    if (!isFrozen) return
    const { repo, namespace, entry } = describeChange(by)
    await audit.recordIn(
      tx,
      entry('tag_made_immutable_by_policy', { tag: name, repo, namespace, immutable: true }),
    )
  }

  async function move(
    tx: Db,
    by: ContentChange,
    target: { name: TagName; digest: string; isFrozen: boolean },
    now: Instant,
  ) {
    const { name, digest, isFrozen } = target
    const manifest = await requireManifest(tx, by, digest)
    if (!(await manifestStore(tx).isAlive(by.repository.id, manifest.id, now))) {
      throw new Problem('not-found')
    }
    const current = await tagStore(tx).findCurrent(by.repository.id, name)
    const before = isLive(current, now) ? current : undefined
    const original = before && (await tagStore(tx).findDigestOf(before.manifest_id))
    await point(tx, by, { name, manifestId: manifest.id, isFrozen }, now)
    const { username, repo, namespace, entry } = describeChange(by)
    await audit.recordIn(
      tx,
      entry(original === undefined ? 'create_tag' : 'move_tag', {
        ...{ username, repo, tag: name, namespace },
        manifest_digest: digest,
        original_manifest_digest: original ?? null,
      }),
    )
  }

  return {
    /** @param mayClear whether the caller may make an immutable tag mutable again */
    async update(by: ContentChange, tag: string, wishes: TagWishes, mayClear: boolean) {
      const name = parseTagName(tag)
      const { expiration, immutable, manifestDigest: digest } = wishes
      const moves = digest !== undefined && digest !== null
      if (expiration !== undefined && !features.changeTagExpiration) {
        throw new Problem('rule-violated', { message: 'Changing tag expiration is disabled' })
      }
      await change(by, moves ? [name] : [], async (tx, frozen, now) => {
        if (expiration !== undefined) await setExpiration(tx, by, name, expiration, now)
        if (immutable !== undefined && features.immutableTags) {
          await setImmutable(tx, by, name, { isImmutable: immutable, mayClear }, now)
        }
        if (moves) await move(tx, by, { name, digest, isFrozen: frozen.has(name) }, now)
      })
    },

    async delete(by: ContentChange, tag: string) {
      await change(by, [], async (tx, _frozen, now) => {
        const current = await requireLive(tx, by, tag, now)
        if (current.immutable === 1) {
          throw new Problem('tag-immutable', { message: `Cannot delete immutable tag '${tag}'` })
        }
        await tagChanges.end(tx, by.repository.id, tag, now)
        const { username, repo, namespace, entry } = describeChange(by)
        await audit.recordIn(tx, entry('delete_tag', { username, repo, namespace, tag }))
      })
    },

    /** Points a tag at a manifest that it pointed at within the time machine's window. */
    async restore(by: ContentChange, tag: string, digest: string, windowMs: number) {
      const name = parseTagName(tag)
      await change(by, [name], async (tx, frozen, now) => {
        const manifest = await requireManifest(tx, by, digest)
        const past = { repositoryId: by.repository.id, name, manifestId: manifest.id }
        if (!(await tagHistoryStore(tx).hasPointedAt(past, now - windowMs))) {
          throw new Problem('not-found')
        }
        const isFrozen = frozen.has(name)
        await point(tx, by, { name, manifestId: manifest.id, isFrozen, isReversion: true }, now)
        const { username, repo, entry } = describeChange(by)
        const metadata = { username, repo, tag, manifest_digest: digest }
        await audit.recordIn(tx, entry('revert_tag', metadata))
      })
    },
  }
}

async function requireLive(
  tx: Db,
  { repository }: ContentChange,
  name: string,
  now: Instant,
): Promise<LiveTag> {
  const current = await tagStore(tx).findCurrent(repository.id, name)
  if (!isLive(current, now)) throw new Problem('not-found')
  return current
}

async function requireManifest(tx: Db, { repository }: ContentChange, digest: string) {
  const found = isDigest(digest)
    ? await manifestStore(tx).findByDigest(repository.id, digest)
    : undefined
  if (found === undefined) throw new Problem('not-found')
  return found
}

function wholeSeconds(instant: Instant): Instant {
  return Math.floor(instant / 1_000) * 1_000
}

function secondsOf(instant: Instant | null): number | null {
  return instant === null ? null : Math.floor(instant / 1_000)
}
