import { beforeAll, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { createTagWorld, type TagWorld } from '../tags/tag-world-suite.ts'
import { many, pageTokensFor, seedTags } from './interface-suite.ts'
import { createTagEvents } from './tag-event-service.ts'
import { createTagRows } from './tag-row-service.ts'

describeDatabases('a long list of tags', (open) => {
  let world: TagWorld
  let names: readonly string[]
  let rows: ReturnType<typeof createTagRows>
  let events: ReturnType<typeof createTagEvents>
  const windowMs = 1_000_000_000

  beforeAll(async () => {
    const database = await open()
    world = await createTagWorld(database)
    const { db, clock, repository } = world
    await world.pushImage('one')
    const manifest = await db.selectFrom('manifest').select('id').executeTakeFirstOrThrow()
    const start = world.now() - many * 10_000
    names = await seedTags(db, { repositoryId: repository.id, manifestId: manifest.id, start })
    const pageTokens = pageTokensFor(clock)
    rows = createTagRows({ db, clock, pageTokens })
    events = createTagEvents({ db, clock, pageTokens })
  })

  const read = async (wish: Parameters<typeof rows.list>[1]) => {
    const page = await rows.list(world.repository.id, wish)
    return { names: page.rows.map(({ name }) => name), about: page.about }
  }
  /** The names of three pages, each found from the one before. */
  const walk = async (wish: Parameters<typeof rows.list>[1]) => {
    const found: string[] = []
    let token: string | undefined
    for (let page = 0; page < 3; page++) {
      const next = await read({ ...wish, limit: 7, page_token: token })
      found.push(...next.names)
      token = next.about.next_page
    }
    return found
  }

  it('is walked by name, both ways', async () => {
    expect(await walk({ sort: 'name' })).toEqual(names.slice(0, 21))
    expect(await walk({ sort: 'name', order: 'desc' })).toEqual(names.toReversed().slice(0, 21))
  })

  it('is walked by age, both ways, with those of one instant in the order of their names', async () => {
    const pairs = Array.from({ length: many / 2 }, (_, at) => names.slice(2 * at, 2 * at + 2))
    const byAge = pairs.toReversed().flat()
    expect(await walk({ sort: 'last_modified' })).toEqual(byAge.slice(0, 21))
    expect(await walk({ sort: 'last_modified', order: 'asc' })).toEqual(
      byAge.toReversed().slice(0, 21),
    )
  })

  it('has pages by number, and is counted', async () => {
    const page = await read({ sort: 'name', limit: 100, page: 52 })
    expect(page.names).toEqual(names.slice(5_100, 5_200))
    expect(page.about).toMatchObject({ total: many, total_capped: false, page: 52 })
    expect(page.about.next_page).toBeUndefined()
  })

  it('is sorted by what leads to every page as fast as to the first', async () => {
    const { about } = await read({ sort: 'size' })
    expect(about).toMatchObject({ sort: 'last_modified', order: 'desc' })
    expect(about.sortable).toEqual(['name', 'last_modified'])
  })

  it('is short where a search leaves little, and sorted by anything then', async () => {
    const { names: found, about } = await read({ search: 'T0000', sort: 'size' })
    expect(found).toEqual(names.slice(0, 10))
    expect(about).toMatchObject({ total: 10, sort: 'size' })
    // What stands for other letters in a pattern is a letter like any other here.
    expect((await read({ search: 't_0000' })).about.total).toBe(0)
  })

  it('tells its history, page by page', async () => {
    const { db, repository } = world
    const last = names.at(-1) ?? ''
    const ended = names.at(-2) ?? ''
    const now = world.now()
    await db
      .updateTable('tag')
      .set({ live_name: null, lifetime_end_ms: now - 50 })
      .where('repository_id', '=', repository.id)
      .where('name', '=', ended)
      .execute()
    const first = await events.list(repository.id, windowMs, { limit: 3 })
    const told = ({ rows: found }: typeof first) => found.map(({ name, change }) => [name, change])
    const before = names.at(-4) ?? ''
    expect(told(first)).toEqual([
      [ended, 'deleted'],
      [ended, 'created'],
      [last, 'created'],
      [before, 'created'],
    ])
    expect(first.rows[0]?.collectedAt).toBe(now - 50 + windowMs)
    const wish = { limit: 3, page_token: first.about.next_page }
    const second = await events.list(repository.id, windowMs, wish)
    expect(told(second)[0]).toEqual([names.at(-3), 'created'])
  })
})
