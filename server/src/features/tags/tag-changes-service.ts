import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { plainLife, type ImageLife } from '../labels/image-life.ts'
import type { TagName } from './tag-name.ts'
import { isLive } from './tag-service.ts'
import { tagStore } from './tag-store.ts'

export type TagChanges = ReturnType<typeof createTagChanges>

export type TagChangeRules = Pick<Config, 'timeMachine'> & {
  readonly features: Pick<Config['features'], 'immutableTags' | 'immutableTagsCanExpire'>
}

export interface TagTarget {
  readonly repositoryId: number
  readonly name: TagName
  readonly manifestId: number
  /** What the labels of the image ask for. */
  readonly life?: ImageLife
  /** A policy makes the tag immutable. */
  readonly isFrozen?: boolean
  readonly isReversion?: boolean
}

/**
 * How tags come, move and go (engines, 3.1 and 6). Every change runs inside the caller's transaction,
 * which holds the lock of the repository.
 */
export function createTagChanges({ config }: { config: TagChangeRules }) {
  const { immutableTags, immutableTagsCanExpire } = config.features

  /** After the manifest has lost a tag. */
  async function letGo(tx: Db, repositoryId: number, manifestId: number, now: Instant) {
    if (config.timeMachine.resetChildManifestExpiration) {
      await tagStore(tx).endHoldsOfChildren(manifestId, now)
    }
    await endCompanions(tx, repositoryId, manifestId, now)
  }

  /**
   * Ends the signature-like tags of a manifest (cosign's `sha256-<hex>.sig`, `.att`, `.sbom`) once no
   * visible tag is left on it (registry-protocol, 6.5).
   */
  async function endCompanions(tx: Db, repositoryId: number, manifestId: number, now: Instant) {
    const tags = tagStore(tx)
    if ((await tags.listLiveOf(manifestId, now)).length > 0) return
    const digest = await tags.findDigestOf(manifestId)
    if (digest === undefined) return
    for (const suffix of ['sig', 'att', 'sbom']) {
      const name = `${digest.replace(':', '-')}.${suffix}`
      const companion = await tags.findCurrent(repositoryId, name)
      if (isLive(companion, now) && companion.immutable === 0) await tags.close(companion.id, now)
    }
  }

  return {
    letGo,

    /** The first of the names that is an immutable tag. */
    async findImmutable(tx: Db, repositoryId: number, names: readonly string[], now: Instant) {
      for (const name of names) {
        const current = await tagStore(tx).findCurrent(repositoryId, name)
        if (isLive(current, now) && current.immutable === 1) return name
      }
      return undefined
    },

    /**
     * Points a tag at a manifest. The row that carried the name before becomes history, also when it
     * pointed at the same manifest.
     * @throws Problem `tag-immutable`
     */
    async point(tx: Db, target: TagTarget, now: Instant): Promise<void> {
      const { repositoryId, name, manifestId, life = plainLife } = target
      const tags = tagStore(tx)
      const current = await tags.findCurrent(repositoryId, name)
      if (isLive(current, now) && current.immutable === 1) {
        throw new Problem('tag-immutable', { tag: name })
      }
      if (current !== undefined) await tags.close(current.id, now)
      const isImmutable = immutableTags && (target.isFrozen === true || life.isImmutable)
      const mayEnd = life.expiresAfterMs !== undefined && (!isImmutable || immutableTagsCanExpire)
      await tags.insert({
        ...{ repositoryId, name, manifestId, isImmutable },
        isReversion: target.isReversion === true,
        start: now,
        end: mayEnd ? now + life.expiresAfterMs : null,
      })
      if (config.timeMachine.resetChildManifestExpiration) {
        await tags.endHoldsOfChildren(manifestId, now)
      }
      if (current !== undefined && current.manifest_id !== manifestId) {
        await letGo(tx, repositoryId, current.manifest_id, now)
      }
    },

    /**
     * Ends a tag; history keeps it.
     * @throws Problem `manifest-unknown` when there is no such live tag, `tag-immutable`.
     */
    async end(tx: Db, repositoryId: number, name: string, now: Instant): Promise<void> {
      const tags = tagStore(tx)
      const current = await tags.findCurrent(repositoryId, name)
      if (!isLive(current, now)) throw new Problem('manifest-unknown', { tag: name })
      if (current.immutable === 1) throw new Problem('tag-immutable', { tag: name })
      await tags.close(current.id, now)
      await letGo(tx, repositoryId, current.manifest_id, now)
    },
  }
}
