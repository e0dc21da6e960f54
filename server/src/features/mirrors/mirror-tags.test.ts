import { beforeEach, describe, expect, it } from 'vitest'

import { sqliteOpener } from '../../db/database-suite.ts'
import { createLogger } from '../../platform/logger.ts'
import { createAuditLog, system } from '../audit/audit-log.ts'
import { createTagWorld, type TagWorld } from '../tags/tag-world-suite.ts'
import { createMirrorTags, type MirrorTags } from './mirror-tags-service.ts'

const hour = 3_600_000
const open = sqliteOpener()

describe('the tags of a mirror', () => {
  let world: TagWorld
  let tags: MirrorTags
  const by = () => ({
    repository: world.repository,
    actor: system,
    fence: () => Promise.resolve(),
  })
  const present = () => world.tags.listNames(world.repository.id, '', 100)
  const digestOf = async (tag: string) => {
    const row = await world.db
      .selectFrom('tag')
      .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
      .select(['manifest.digest', 'tag.reversion'])
      .where('tag.live_name', '=', tag)
      .executeTakeFirst()
    return row?.digest
  }

  beforeEach(async () => {
    world = await createTagWorld(await open(), { immutableTags: true })
    const { database, clock, tagChanges, tagPolicies, db } = world
    const audit = createAuditLog({
      ...{ db, clock, logger: createLogger('silent') },
      config: {
        registryState: 'readonly',
        audit: {
          ...{ logins: false, loginFailures: false, pushFailures: false },
          ...{ pullFailures: false, deleteFailures: false },
          ...{ disabledNamespaces: [], pullsDisabledNamespaces: [] },
        },
      },
    })
    tags = createMirrorTags({ database, clock, audit, tagChanges, tagPolicies })
  })

  it('go unless they are to stay, or may not go', async () => {
    for (const tag of ['a', 'b', 'c']) await world.pushImage(tag, tag)
    await world.edits.update(world.change, 'c', { immutable: true }, true)
    expect(await tags.removeOthers(by(), (tag) => tag === 'a')).toEqual(['b'])
    expect(await present()).toEqual(['a', 'c'])
  })

  it('are put back to what they were when the run began', async () => {
    const first = await world.pushImage('one', 'moved')
    const gone = await world.pushImage('two', 'ended')
    const kept = await world.pushImage('three', 'kept')
    world.advance(hour)
    const began = world.now()
    await world.pushImage('four', 'moved')
    await world.edits.delete(world.change, 'ended')
    await world.pushImage('five', 'new')
    world.advance(1_000)
    const names = ['moved', 'ended', 'new', 'kept', 'never']
    expect(await tags.rollBack(by(), names, began, 2)).toEqual(['moved', 'ended', 'new'])
    expect(await present()).toEqual(['ended', 'kept', 'moved'])
    expect(await digestOf('moved')).toBe(first)
    expect(await digestOf('ended')).toBe(gone)
    expect(await digestOf('kept')).toBe(kept)
  })

  it('stay as they are when the run is not ours any more', async () => {
    await world.pushImage('one', 'a')
    const lost = { ...by(), fence: () => Promise.reject(new Error('lost')) }
    await expect(tags.removeOthers(lost, () => false)).rejects.toThrow('lost')
    expect(await present()).toEqual(['a'])
  })
})
