import fc from 'fast-check'
import { expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { systemRandom } from '../../platform/random.ts'
import { isProblem } from '../../problem.ts'
import { createWorld, repositoryName } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'
import { memberStore } from './member-store.ts'
import { convertToOrganization, renameNamespace } from './namespace-change-service.ts'
import { teamOverviewStore } from './team-overview-store.ts'

const people = ['ada', 'bob', 'eve', 'joe']
const robots = ['acme+ci', 'umbra+ci']
const namespaces = ['acme', 'umbra', 'joe']
const kinds = [
  'create',
  'grant',
  'grant team',
  'revoke',
  'join',
  'delete',
  'rename',
  'convert',
] as const

/** What somebody does; `at` picks among what is there. */
const step = fc.record({
  kind: fc.constantFrom(...kinds),
  at: fc.nat({ max: 20 }),
  who: fc.nat({ max: people.length + robots.length - 1 }),
})

describeDatabases('grants in a namespace', (open) => {
  it('are found as if every repository was looked at, whatever has happened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        const { db } = await open()
        const history = await startHistory(db)
        for (const one of steps) await history.take(one)
        for (const id of history.namespaceIds) {
          const held = await lookAtAll(db, id)
          const found = await memberStore(db).listOutsiders(id, 100)
          expect(found.map((one) => one.id).sort(byNumber)).toEqual(held.outsiders)
          expect(
            await teamOverviewStore(db).listRepositoriesOf(id, history.accountIds, 100),
          ).toEqual(held.repositories)
        }
      }),
      { numRuns: 8, endOnFailure: true },
    )
  })

  it('lead from holder to holder, however much each of them has', async () => {
    const { db } = await open()
    const world = createWorld({ db })
    for (const name of people) await world.user(name)
    await world.organization('acme', 'ada')
    for (const name of ['a', 'b', 'c']) {
      const repository = await world.repository(`acme/${name}`)
      for (const who of ['joe', 'bob']) {
        await world.repositories.grantUser(repository, who, 'read', system)
      }
    }
    const { id } = await world.namespace('acme')
    const list = async (limit: number) =>
      (await memberStore(db).listOutsiders(id, limit)).map(({ username }) => username)
    expect(await list(9)).toEqual(['bob', 'joe'])
    expect(await list(1)).toEqual(['bob'])
    expect(await memberStore(db).listOutsiders((await world.namespace('joe')).id, 9)).toEqual([])
    const { id: bob } = await world.namespace('bob')
    const { id: eve } = await world.namespace('eve')
    const overview = teamOverviewStore(db)
    expect(await overview.listRepositoriesOf(id, [bob, eve], 2)).toEqual(
      new Map([[bob, ['a', 'b']]]),
    )
    expect(await overview.listRepositoriesOf(id, [], 2)).toEqual(new Map())
    await memberStore(db).revokeGrants(id, bob)
    expect(await list(9)).toEqual(['joe'])
  })
})

async function startHistory(db: Db) {
  const world = createWorld({ db })
  for (const name of people) await world.user(name)
  for (const name of ['acme', 'umbra']) {
    await world.organization(name, 'ada')
    await world.organizations.createTeam(
      await world.namespace(name),
      { name: 'dev', role: 'member' },
      system,
    )
  }
  for (const name of robots) await world.robot(name)
  const idsOf = async (names: readonly string[]) => {
    const rows = await db.selectFrom('user').select('id').where('username', 'in', names).execute()
    return rows.map(({ id }) => id)
  }
  const accountIds = await idsOf([...people, ...robots])
  const namespaceIds = await idsOf(namespaces)
  const nameOf = async (id: number) => {
    const row = await db.selectFrom('user').select('username').where('id', '=', id).execute()
    return row[0]?.username ?? ''
  }
  for (const name of ['acme/web', 'acme/api', 'umbra/web', 'joe/own']) await world.repository(name)
  let made = 0

  async function act({ kind, at, who }: Step): Promise<unknown> {
    const name = await nameOf(pick(accountIds, who))
    const namespace = await world.namespace(await nameOf(pick(namespaceIds, at)))
    const { username } = namespace
    if (kind === 'create') {
      const principal = await world.accounts.findPrincipal(name)
      // Organizations act for nobody.
      if (principal === undefined) return undefined
      return world.repositories.create(
        {
          name: repositoryName(`${username}/r${String(made++)}`),
          ...{ namespace, visibility: 'private' },
        },
        { principal, ip: null },
      )
    }
    if (kind === 'join') return world.organizations.addTeamMember(namespace, 'dev', name, system)
    if (kind === 'rename') {
      const newName = `${username}-${String(made++)}`
      return db.transaction().execute((tx) => renameNamespace(tx, namespace, newName))
    }
    if (kind === 'convert') {
      if (namespace.organization === 1) return undefined
      const { id } = await world.namespace('ada')
      return db
        .transaction()
        .execute((tx) => convertToOrganization(tx, namespace, id, systemRandom))
    }
    const all = await db
      .selectFrom('repository')
      .selectAll()
      .where('state', '=', 'NORMAL')
      .orderBy('id')
      .execute()
    if (all.length === 0) return undefined
    const repository = pick(all, at)
    switch (kind) {
      case 'grant':
        return world.repositories.grantUser(repository, name, 'write', system)
      case 'grant team':
        return world.repositories.grantTeam(repository, 'dev', 'read', system)
      case 'revoke':
        return world.repositories.revokeUser(repository, name, system)
      case 'delete':
        return world.repositories.delete(repository, system)
    }
  }

  return {
    accountIds,
    namespaceIds,
    /** What the rules refuse changes nothing. */
    take: async (one: Step) => {
      await act(one).catch((error: unknown) => {
        if (!isProblem(error)) throw error
      })
    },
  }
}

interface Step {
  readonly kind: (typeof kinds)[number]
  readonly at: number
  readonly who: number
}

function pick<T>(all: readonly T[], at: number): T {
  const one = all[at % all.length]
  if (one === undefined) throw new Error('there is nothing to pick from')
  return one
}

const byNumber = (a: number, b: number) => a - b

/** From the repositories alone, one after the other. */
async function lookAtAll(db: Db, namespaceId: number) {
  const members = await db
    .selectFrom('teammember')
    .innerJoin('team', 'team.id', 'teammember.team_id')
    .select('teammember.user_id')
    .where('team.organization_id', '=', namespaceId)
    .execute()
  const grants = await db
    .selectFrom('repositorypermission as held')
    .innerJoin('repository', 'repository.id', 'held.repository_id')
    .select(['held.user_id', 'repository.name', 'repository.state'])
    .where('repository.namespace_user_id', '=', namespaceId)
    .orderBy('repository.id')
    .execute()
  const inside = new Set(members.map(({ user_id }) => user_id))
  const outsiders = new Set<number>()
  const repositories = new Map<number, string[]>()
  for (const { user_id, name, state } of grants) {
    if (user_id === null) continue
    if (!inside.has(user_id)) outsiders.add(user_id)
    if (state === 'MARKED_FOR_DELETION') continue
    repositories.set(user_id, [...(repositories.get(user_id) ?? []), name])
  }
  return { outsiders: [...outsiders].sort(byNumber), repositories }
}
