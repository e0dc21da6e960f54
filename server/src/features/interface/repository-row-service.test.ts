import { beforeAll, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { anonymous, type UserPrincipal } from '../accounts/principal.ts'
import { createRepositoryListService } from '../repositories/repository-list-service.ts'
import { inBatches, many, pageTokensFor } from './interface-suite.ts'
import { createNamespaceRows } from './namespace-row-service.ts'
import { createRepositoryRows, type RepositoryWish } from './repository-row-service.ts'

describeDatabases('a long list of repositories', (open) => {
  let world: World
  let rows: ReturnType<typeof createRepositoryRows>
  let namespaces: ReturnType<typeof createNamespaceRows>
  const people = new Map<string, UserPrincipal>()
  const names = Array.from({ length: many }, (_, at) => `acme/r${String(at).padStart(5, '0')}`)

  beforeAll(async () => {
    const { db } = await open()
    world = createWorld({ db }, { features: { superusersFullAccess: true } })
    for (const name of ['root', 'ada', 'bob']) {
      const principal = await world.user(name)
      if (principal.kind === 'user') people.set(name, principal)
    }
    await world.organization('acme', 'ada')
    const { id } = await world.namespace('acme')
    const seeded = names.map((full_name, at) => ({
      ...{ namespace_user_id: id, name: full_name.slice(5), full_name, description: null },
      visibility: at % 2 === 0 ? ('public' as const) : ('private' as const),
      created_at: 1_000 + at,
      // Two at a time.
      last_modified: 5_000 + Math.floor(at / 2),
    }))
    await inBatches(seeded, (some) =>
      db
        .insertInto('repository')
        .values([...some])
        .execute(),
    )
    await world.repository('bob/own')
    await world.repository('bob/shown', 'public')
    const clock = { now: () => 1_800_000_000_000 }
    const pageTokens = pageTokensFor(clock)
    const { access, accounts } = world
    const lists = createRepositoryListService({ db, clock })
    rows = createRepositoryRows({ db, access, accounts, lists, pageTokens })
    const config = { publicNamespaces: [] }
    namespaces = createNamespaceRows({ db, clock, access, pageTokens, config })
  })

  const find = (name: string): UserPrincipal => {
    const found = people.get(name)
    if (found === undefined) throw new Error(`nobody is called ${name}`)
    return found
  }
  const read = async (name: string, wish: RepositoryWish) => {
    const page = await rows.list(name === '' ? anonymous : find(name), wish)
    return { names: page.rows.map(({ full_name }) => full_name), about: page.about }
  }
  const walk = async (name: string, wish: RepositoryWish) => {
    const first = await read(name, { ...wish, limit: 5 })
    const second = await read(name, { ...wish, limit: 5, page_token: first.about.next_page })
    return [...first.names, ...second.names]
  }

  it('is walked by whoever sees everything, both ways', async () => {
    expect(await walk('root', { sort: 'name' })).toEqual(names.slice(0, 10))
    expect(await walk('root', { sort: 'name', order: 'desc' })).toEqual([
      ...['bob/shown', 'bob/own'],
      ...names.toReversed().slice(0, 8),
    ])
    expect((await read('root', {})).about).toMatchObject({
      ...{ total: many + 2, sort: 'last_modified', order: 'desc' },
      sortable: ['name', 'last_modified'],
    })
  })

  it('shows the newest first, whoever asks, and the oldest when asked to', async () => {
    const newest = names
      .toReversed()
      .flatMap((name, at) => (at % 2 === 0 ? [names[many - at - 2] ?? '', name] : []))
    expect(await walk('root', {})).toEqual(newest.slice(0, 10))
    expect(await walk('root', { order: 'asc' })).toEqual([
      ...['bob/shown', 'bob/own'],
      ...newest.toReversed().slice(0, 8),
    ])
    expect(await walk('ada', { namespace: 'acme' })).toEqual(newest.slice(0, 10))
    expect(await walk('ada', {})).toEqual(newest.slice(0, 10))
    expect((await read('ada', { page: 261 })).names).toEqual(['bob/shown'])
    expect(await walk('ada', { visibility: 'private' })).toEqual(
      newest.filter((name) => names.indexOf(name) % 2 === 1).slice(0, 10),
    )
  })

  it('is that of one namespace for whoever administers it', async () => {
    expect(await walk('ada', { namespace: 'acme', sort: 'name' })).toEqual(names.slice(0, 10))
    const page = await read('ada', { namespace: 'acme', sort: 'name', page: 260 })
    expect(page.names).toEqual(names.slice(5_180, 5_200))
  })

  it('is merged for whoever sees much, but not all', async () => {
    expect(await walk('ada', { sort: 'name' })).toEqual(names.slice(0, 10))
    expect((await read('ada', { sort: 'name', page: 261 })).names).toEqual(['bob/shown'])
    expect((await read('ada', {})).about).toMatchObject({ order: 'desc', total: many + 1 })
  })

  it('shows what is public to everybody, and no more', async () => {
    const shown = names.filter((_, at) => at % 2 === 0)
    expect(await walk('', { sort: 'name' })).toEqual(shown.slice(0, 10))
    expect((await read('', {})).about.total).toBe(shown.length + 1)
    expect((await read('bob', {})).about.total).toBe(shown.length + 2)
    expect((await read('bob', { visibility: 'private' })).names).toEqual(['bob/own'])
  })

  it('is searched by a part of the name', async () => {
    expect((await read('root', { search: 'R0000', sort: 'name' })).names).toEqual(
      names.slice(0, 10),
    )
    expect((await read('bob', { search: 'r0000', sort: 'name' })).names).toEqual(
      names.slice(0, 10).filter((_, at) => at % 2 === 0),
    )
    expect((await read('root', { search: 'r_0000' })).about.total).toBe(0)
  })

  it('stands beside the namespaces, with their counts', async () => {
    const page = await namespaces.list(find('root'), { sort: 'repositories' })
    expect(page.rows.map(({ username, repositories }) => [username, repositories])).toEqual([
      ...[
        ['acme', many],
        ['bob', 2],
        ['ada', 0],
        ['root', 0],
      ],
    ])
    const own = await namespaces.list(find('bob'), {})
    expect(own.rows.map(({ username, role }) => [username, role])).toEqual([['bob', 'admin']])
  })
})
