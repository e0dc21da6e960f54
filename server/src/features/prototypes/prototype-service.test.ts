import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { createWorld, repositoryName, type World } from '../access/world-suite.ts'
import { system, type Actor } from '../audit/audit-log.ts'
import {
  createPrototypeService,
  type NewPrototype,
  type PrototypeService,
} from './prototype-service.ts'

describeDatabases('default permissions', (open) => {
  let database: Database
  let world: World
  let prototypes: PrototypeService
  let ada: Actor
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    prototypes = createPrototypeService({
      ...{ db: database.db, random: systemRandom, audit: world.audit },
    })
    for (const name of ['ada', 'bob', 'eve']) await world.user(name)
    await world.organization('acme', 'ada')
    await world.organizations.createTeam(await acme(), { name: 'dev', role: 'creator' }, system)
    await world.organizations.addTeamMember(await acme(), 'dev', 'bob', system)
    ada = { principal: await world.principal('ada') }
  })
  const acme = () => world.namespace('acme')
  const add = async (rule: NewPrototype) => prototypes.create(await acme(), rule, ada)
  const toDev = { kind: 'team', name: 'dev' } as const

  const createAs = async (creator: string, name: string) => {
    const by = { principal: await world.principal(creator) }
    const namespace = await world.namespace(name.split('/')[0] ?? '')
    const repository = { name: repositoryName(name), namespace, visibility: 'private' as const }
    return world.repositories.create(repository, by)
  }
  const roleOf = async (name: string, repository: Awaited<ReturnType<typeof createAs>>) =>
    world.access.roleOn(await world.principal(name), repository)

  test('become grants of a new repository, and of no older one', async () => {
    const older = await createAs('ada', 'acme/older')
    await world.robot('acme+ci')
    await add({ role: 'write', delegate: { kind: 'user', name: 'acme+ci' } })
    await add({ role: 'read', delegate: toDev })
    await add({ role: 'read', delegate: { kind: 'user', name: 'eve' }, activatingUser: 'bob' })
    const byAda = await createAs('ada', 'acme/one')
    const byBob = await createAs('bob', 'acme/two')
    expect(await Promise.all(['acme+ci', 'bob', 'eve'].map((name) => roleOf(name, byAda)))).toEqual(
      ['write', 'read', 'none'],
    )
    expect(await Promise.all(['acme+ci', 'bob', 'eve'].map((name) => roleOf(name, byBob)))).toEqual(
      ['write', 'admin', 'read'],
    )
    expect(await roleOf('acme+ci', older)).toBe('none')
    expect(await roleOf('acme+ci', await createAs('bob', 'bob/own'))).toBe('none')
  })

  test('take nothing from whoever creates', async () => {
    await add({ role: 'read', delegate: { kind: 'user', name: 'bob' } })
    expect(await roleOf('bob', await createAs('bob', 'acme/mine'))).toBe('admin')
  })

  test('tell in the log whom they are about, and what they were', async () => {
    const before = (await world.log()).length
    const { uuid } = await add({ role: 'read', delegate: toDev, activatingUser: 'bob' })
    await prototypes.setRole(await acme(), uuid, 'write', ada)
    await prototypes.delete(await acme(), uuid, ada)
    const about = {
      ...{ prototypeid: uuid, username: 'ada', activating_username: 'bob', delegate_team: 'dev' },
    }
    expect((await world.log()).slice(before).map(({ kind, metadata }) => [kind, metadata])).toEqual(
      [
        ['create_prototype_permission', { ...about, role: 'read' }],
        ['modify_prototype_permission', { ...about, role: 'write', original_role: 'read' }],
        ['delete_prototype_permission', { ...about, role: 'write' }],
      ],
    )
  })

  test('of another organization do not exist', async () => {
    const { uuid } = await add({ role: 'read', delegate: toDev })
    const other = await world.organization('other', 'eve')
    await expect(prototypes.delete(other, uuid, ada)).rejects.toThrow('not-found')
    await expect(prototypes.setRole(other, uuid, 'admin', ada)).rejects.toThrow('not-found')
    expect(await prototypes.list(other)).toEqual([])
    expect(await prototypes.list(await acme())).toMatchObject([
      { uuid, role: 'read', activating: null, delegate: { team: 'dev' } },
    ])
  })

  test('know who is in the organization', async () => {
    await add({ role: 'read', delegate: { kind: 'user', name: 'eve' }, activatingUser: 'bob' })
    expect(await prototypes.list(await acme())).toMatchObject([
      {
        activating: { username: 'bob', isMember: true, isRobot: false },
        delegate: { username: 'eve', isMember: false },
      },
    ])
  })
})
