import { beforeAll, describe, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { anonymous, type Principal } from '../accounts/principal.ts'
import { system } from '../audit/audit-log.ts'
import { visibleRepositories } from './visible-repositories.ts'

const everything = [
  ...['acme/admins', 'bob/own', 'acme/granted', 'acme/team', 'zeta/team'],
  ...['zeta/public', 'acme/public', 'eve/own'],
]

describeDatabases('the repositories that somebody sees', (open) => {
  let database: Database
  let world: World
  const ids = new Map<string, number>()

  beforeAll(async () => {
    database = await open()
    world = createWorld(database)
    for (const name of ['ada', 'bob', 'eve', 'root', 'auditor']) await world.user(name)
    const acme = await world.organization('acme', 'ada')
    const zeta = await world.organization('zeta', 'eve')
    for (const name of everything) {
      const row = await world.repository(name, name.endsWith('public') ? 'public' : 'private')
      ids.set(name, row.id)
    }
    for (const organization of [acme, zeta]) {
      const { username } = organization
      await world.organizations.createTeam(organization, { name: 'dev', role: 'member' }, system)
      await world.organizations.addTeamMember(organization, 'dev', 'bob', system)
      const row = await world.repositories.get(`${username}/team`)
      await world.repositories.grantTeam(row, 'dev', 'read', system)
    }
    // Granted twice over, and still one.
    for (const name of ['acme/granted', 'acme/team', 'acme/public']) {
      await world.repositories.grantUser(await world.repositories.get(name), 'bob', 'read', system)
    }
    await world.repositories.delete(await world.repository('acme/deleted', 'public'), system)
  })

  const visible = () => visibleRepositories(database.db)
  const names = (found: Iterable<number>) => {
    const byId = new Map([...ids].map(([name, id]) => [id, name]))
    return [...found].map((id) => byId.get(id) ?? `unknown ${String(id)}`)
  }
  const who = async (name: string): Promise<Principal> =>
    name === 'anonymous' ? anonymous : world.principal(name)

  async function walk(name: string, withPublic: boolean, size: number) {
    const sight = world.access.sightOf(await who(name))
    const wanted = { ...sight, publicOnes: sight.publicOnes && withPublic }
    const found: number[] = []
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = await visible().page(wanted, after, size)
      expect(page.ids.length).toBeLessThanOrEqual(size)
      found.push(...page.ids)
      after = page.next
    }
    return names(found)
  }

  describe.each([1, 2, 100])('in pages of %d', (size) => {
    test('are those with a right to them, by id', async () => {
      expect(await walk('bob', false, size)).toEqual([
        ...['bob/own', 'acme/granted', 'acme/team', 'zeta/team', 'acme/public'],
      ])
      expect(await walk('ada', false, size)).toEqual([
        ...['acme/admins', 'acme/granted', 'acme/team', 'acme/public'],
      ])
      expect(await walk('anonymous', false, size)).toEqual([])
    })

    test('are with the public ones where they are wanted', async () => {
      expect(await walk('bob', true, size)).toEqual([
        ...['bob/own', 'acme/granted', 'acme/team', 'zeta/team', 'zeta/public', 'acme/public'],
      ])
      expect(await walk('anonymous', true, size)).toEqual(['zeta/public', 'acme/public'])
    })

    test('are all of them for a global reader, and no more than others for a superuser', async () => {
      expect(await walk('auditor', false, size)).toEqual(everything)
      expect(await walk('root', false, size)).toEqual([])
    })
  })

  test('agree with the role that is asked for each', async () => {
    const all = [...ids.values()]
    for (const name of ['ada', 'bob', 'eve', 'root', 'auditor', 'anonymous']) {
      const principal = await who(name)
      const expected: string[] = []
      for (const repository of everything) {
        const row = await world.repositories.get(repository)
        if ((await world.access.roleOn(principal, row)) !== 'none') expected.push(repository)
      }
      const seen = await visible().filter(world.access.sightOf(principal), all)
      expect([name, names([...seen].sort((a, b) => a - b))]).toEqual([name, expected])
    }
  })

  test('of one namespace are found from few grants as by walking it', async () => {
    const acme = await world.namespace('acme')
    const bob = world.access.sightOf(await world.principal('bob'))
    const where = { after: 0, size: 100, isAdmin: false }
    const granted = { ...bob, publicOnes: false }
    const fromGrants = await visible().pageOfNamespace(acme.id, granted, where)
    expect(names(fromGrants.ids)).toEqual(['acme/granted', 'acme/team', 'acme/public'])

    await crowd('bob', 1_100)
    const walked = await visible().pageOfNamespace(acme.id, granted, where)
    expect(walked).toEqual(fromGrants)
    const first = await visible().pageOfNamespace(acme.id, granted, { ...where, size: 1 })
    expect(names(first.ids)).toEqual(['acme/granted'])
    const second = await visible().pageOfNamespace(acme.id, granted, {
      ...where,
      after: first.next ?? 0,
    })
    expect(names(second.ids)).toEqual(['acme/team', 'acme/public'])
    expect(second.next).toBeUndefined()
  })

  test('of one namespace are all for its admin, and only with a right to repositories', async () => {
    const acme = await world.namespace('acme')
    const sight = world.access.sightOf(await world.principal('ada'))
    const where = { after: 0, size: 2, isAdmin: true }
    const page = await visible().pageOfNamespace(acme.id, sight, where)
    expect(names(page.ids)).toEqual(['acme/admins', 'acme/granted'])
    expect(page.next).toBe(ids.get('acme/granted'))
    const withoutScope = { everything: false, publicOnes: false }
    expect(await visible().pageOfNamespace(acme.id, withoutScope, where)).toEqual({ ids: [] })
  })

  /** So many repositories of one's own that grants are no longer few. */
  async function crowd(owner: string, count: number) {
    const { id } = await world.namespace(owner)
    await database.db
      .insertInto('repository')
      .values(
        Array.from({ length: count }, (_, at) => ({
          namespace_user_id: id,
          name: `crowd-${String(at)}`,
          full_name: `${owner}/crowd-${String(at)}`,
          visibility: 'private' as const,
          description: null,
          created_at: 0,
        })),
      )
      .execute()
  }
})
