import { beforeEach, describe, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { isProblem, type ProblemCode } from '../../problem.ts'
import { createTagWorld, type TagWorld } from './tag-world-suite.ts'

const second = 1_000
const hour = 3_600 * second
const problem = (code: ProblemCode): unknown =>
  expect.toSatisfy((error: unknown) => isProblem(error, code))

describeDatabases('the time machine', (open) => {
  let database: Database
  let world: TagWorld
  beforeEach(async () => {
    database = await open()
    world = await createTagWorld(database, { immutableTags: true })
  })

  const windowMs = 10 * second
  const listed = async (onlyActive = false) =>
    (await world.lists.list(world.repository.id, windowMs, { onlyActive })).tags
  const names = async (onlyActive = false) => (await listed(onlyActive)).map(({ name }) => name)
  const kinds = async () => {
    const rows = await world.db.selectFrom('logentry3').select('kind_id').execute()
    return rows.length
  }

  test('shows what ended within the window, and no longer', async () => {
    await world.pushImage('one', 'a')
    world.advance(second)
    await world.pushImage('two', 'a')
    expect(await names()).toEqual(['a', 'a'])
    expect(await names(true)).toEqual(['a'])
    world.advance(windowMs - 1)
    expect(await names()).toEqual(['a', 'a'])
    world.advance(1)
    expect(await names()).toEqual(['a'])
  })

  test('restores a tag within the window only, and says that it was', async () => {
    const [one, two] = [await world.pushImage('one', 'a'), await world.pushImage('two', 'a')]
    const restore = (digest: string, tag = 'a') =>
      world.edits.restore(world.change, tag, digest, windowMs)
    world.advance(windowMs - 1)
    await restore(one)
    expect((await listed(true)).map(({ digest, reversion }) => [digest, reversion])).toEqual([
      [one, 1],
    ])
    world.advance(windowMs)
    await expect(restore(two)).rejects.toThrow(problem('not-found'))
    await expect(restore(one, 'b')).rejects.toThrow(problem('not-found'))
    await expect(restore('latest')).rejects.toThrow(problem('not-found'))
  })

  test('brings a deleted tag back', async () => {
    const digest = await world.pushImage('one', 'a')
    await world.edits.delete(world.change, 'a')
    await expect(world.edits.delete(world.change, 'a')).rejects.toThrow(problem('not-found'))
    await world.edits.restore(world.change, 'a', digest, windowMs)
    expect(await names(true)).toEqual(['a'])
    expect(await kinds()).toBe(2)
  })

  test('forgets what is deleted for good', async () => {
    const digest = await world.pushImage('one', 'a')
    const purge = { tag: 'a', digest, windowMs, withChildren: false }
    await expect(world.purges.purgeHistory(world.change, purge)).rejects.toThrow(
      problem('not-found'),
    )
    world.advance(1)
    await world.pushImage('two', 'a')
    world.advance(1)
    await world.purges.purgeHistory(world.change, purge)
    expect((await listed()).length).toBe(1)
    await expect(world.edits.restore(world.change, 'a', digest, windowMs)).rejects.toThrow(
      problem('not-found'),
    )
    const live = { ...purge, digest: undefined }
    await expect(world.purges.purgeLive(world.change, purge)).rejects.toThrow(problem('not-found'))
    await world.purges.purgeLive(world.change, live)
    expect(await names()).toEqual([])
    await expect(world.purges.purgeLive(world.change, live)).rejects.toThrow(problem('not-found'))
  })

  test('leaves immutable tags alone', async () => {
    await world.pushImage('one', 'a', { 'quay.immutable': 'true' })
    const purge = { tag: 'a', digest: undefined, windowMs, withChildren: false }
    await expect(world.purges.purgeLive(world.change, purge)).rejects.toThrow(problem('not-found'))
    expect(await names()).toEqual(['a'])
  })

  test('pages through entries that began together, by name', async () => {
    for (const name of ['c', 'a', 'b']) await world.pushImage(name, name)
    const page = (number: number) =>
      world.lists.list(world.repository.id, windowMs, { onlyActive: false, page: number, limit: 2 })
    const [first, second] = [await page(1), await page(2)]
    expect([...first.tags, ...second.tags].map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect([first.hasMore, second.hasMore]).toEqual([true, false])
  })

  test('finds a part of a name, whatever its case and with every character meant', async () => {
    for (const name of ['Release_1', 'release-1', 'releaseX1']) await world.pushImage(name, name)
    const search = async (text: string, specificTag?: string) => {
      const filter = { onlyActive: true, nameFilter: `like:${text}`, specificTag }
      const { tags } = await world.lists.list(world.repository.id, windowMs, filter)
      return tags.map(({ name }) => name)
    }
    expect(await search('RELEASE')).toEqual(['Release_1', 'release-1', 'releaseX1'])
    expect(await search('e_1')).toEqual(['Release_1'])
    expect(await search('%')).toEqual([])
    expect(await search('1', 'release-1')).toEqual(['release-1'])
  })
})

describeDatabases('labels that act on tags', (open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
  })
  const expiresAfter = (text: string) => ({ 'quay.expires-after': text })

  test('give a tag its end, again whenever it is set', async () => {
    const world = await createTagWorld(database)
    const digest = await world.pushImage('short', 'a', expiresAfter('2h'))
    expect(await world.endOf('a')).toBe(world.now() + 2 * hour)
    world.advance(hour)
    await world.pushImage('short', 'a', expiresAfter('2h'))
    expect(await world.endOf('a')).toBe(world.now() + 2 * hour)
    world.advance(hour)
    await world.edits.update(world.change, 'b', { manifestDigest: digest }, false)
    expect(await world.endOf('b')).toBe(world.now() + 2 * hour)
  })

  test('are ignored when they make no sense', async () => {
    const world = await createTagWorld(database)
    for (const text of ['0s', '-1d', '1', 'd', '2 months', '99999999999999y', '1.5h']) {
      await world.pushImage(text, 'a', expiresAfter(text))
      expect([text, await world.endOf('a')]).toEqual([text, null])
    }
  })

  test('act on an index when all its children say the same, or it says so itself', async () => {
    const world = await createTagWorld(database)
    const [one, same] = [
      await world.pushImage('one', undefined, expiresAfter('1h')),
      await world.pushImage('same', undefined, expiresAfter('1h')),
    ]
    const other = await world.pushImage('other', undefined, expiresAfter('2h'))
    const plain = await world.pushImage('plain')
    await world.pushIndex([one, same], 'same')
    expect(await world.endOf('same')).toBe(world.now() + hour)
    await world.pushIndex([one, other], 'mixed')
    await world.pushIndex([one, plain], 'some')
    expect([await world.endOf('mixed'), await world.endOf('some')]).toEqual([null, null])
    await world.pushIndex([one, same], 'own', expiresAfter('3h'))
    expect(await world.endOf('own')).toBe(world.now() + 3 * hour)
    await world.pushIndex([one, same], 'never', expiresAfter('0d'))
    expect(await world.endOf('never')).toBeNull()
  })

  test('leave a tag that they make immutable without an end, unless both may be', async () => {
    const both = { ...expiresAfter('1h'), 'quay.immutable': 'true' }
    const world = await createTagWorld(database, { immutableTags: true })
    await world.pushImage('one', 'a', both)
    expect(await world.endOf('a')).toBeNull()
    const intruder = world.pushImage('two', 'a')
    await expect(intruder).rejects.toThrow(problem('tag-immutable'))
  })

  test('make nothing immutable without the switch', async () => {
    const world = await createTagWorld(database)
    await world.pushImage('one', 'a', { 'quay.immutable': 'true' })
    await world.pushImage('two', 'a')
    expect(await world.endOf('a')).toBeNull()
  })

  test('never fail a push whose config cannot be read', async () => {
    const world = await createTagWorld(database)
    const open = world.contents.get.bind(world.contents)
    world.contents.get = (digest) => (world.contents.size > 0 ? undefined : open(digest))
    await world.pushImage('lost', 'a', expiresAfter('1h'))
    expect(await world.endOf('a')).toBeNull()
  })

  test('expire a tag at the very moment', async () => {
    const world = await createTagWorld(database)
    await world.pushImage('short', 'a', expiresAfter('5s'))
    world.advance(5 * second - 1)
    expect(await world.tags.listNames(world.repository.id, '', 10)).toEqual(['a'])
    world.advance(1)
    expect(await world.tags.listNames(world.repository.id, '', 10)).toEqual([])
    await expect(world.edits.delete(world.change, 'a')).rejects.toThrow(problem('not-found'))
  })
})

describeDatabases('what keeps the children of an index', (open) => {
  test('ends with its tag when the configuration says so', async () => {
    for (const resetChildManifestExpiration of [false, true]) {
      const world = await createTagWorld(await open(), { resetChildManifestExpiration })
      const child = await world.pushImage('child')
      await world.pushIndex([child], 'a')
      await world.edits.delete(world.change, 'a')
      const rows = await world.db
        .selectFrom('tag')
        .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
        .select('tag.lifetime_end_ms')
        .where('manifest.digest', '=', child)
        .execute()
      expect(rows.map((row) => row.lifetime_end_ms)).toEqual([
        world.now() + (resetChildManifestExpiration ? 0 : hour),
      ])
    }
  })
})

describe('setting when an immutable tag expires', () => {
  describeDatabases('with FEATURE_IMMUTABLE_TAGS_CAN_EXPIRE', (open) => {
    test('is allowed, and both can be together', async () => {
      const switches = { immutableTags: true, immutableTagsCanExpire: true }
      const world = await createTagWorld(await open(), switches)
      const labels = { 'quay.expires-after': '1h', 'quay.immutable': 'true' }
      await world.pushImage('one', 'a', labels)
      expect(await world.endOf('a')).toBe(world.now() + hour)
      const expiration = world.now() / second + 7_200
      await world.edits.update(world.change, 'a', { expiration }, false)
      expect(await world.endOf('a')).toBe(world.now() + 2 * hour)
      await world.purges.purgeLive(world.change, {
        ...{ tag: 'a', digest: undefined, windowMs: hour, withChildren: false },
      })
      expect(await world.endOf('a')).toBeUndefined()
    })
  })
})
