import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { isProblem } from '../../problem.ts'
import { createWorld, repositoryName, type World } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'
import { createNamespaceDeletionService } from './namespace-deletion-service.ts'

const hour = 3_600_000
const now = 1_800_000_000_000

describeDatabases('deleting namespaces', (open) => {
  let database: Database
  let world: World

  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
  })

  const service = () =>
    createNamespaceDeletionService({
      db: database.db,
      random: systemRandom,
      config: { collection: { everyMs: 0, graceMs: hour, graceNamespaces: ['precious'] } },
    })

  async function remove(name: string, graceMs = 0) {
    const account = await world.namespace(name)
    await database.db
      .transaction()
      .execute((tx) => service().deleteNamespace(tx, account, { graceMs, now }))
  }

  test('a deleted namespace, its repositories and its robots are gone at once', async () => {
    await world.user('ada')
    await world.organization('acme', 'ada')
    await world.repository('acme/web', 'public')
    await world.robot('acme+ci')
    await remove('acme')

    expect(await world.accounts.find('acme')).toBeUndefined()
    expect(await world.accounts.find('acme+ci')).toBeUndefined()
    expect(await world.repositories.find('acme/web')).toBeUndefined()
    const ada = await world.principal('ada')
    expect(await world.repositories.listCatalog(ada, '', 10)).toEqual([])
    expect(await world.access.decide(ada, repositoryName('acme/web'), ['pull', 'push'])).toEqual([])
  })

  test('a repository that is not marked yet is as gone as the others', async () => {
    await world.user('ada')
    await world.organization('acme', 'ada')
    const web = await world.repository('acme/web', 'public')
    await remove('acme')
    await database.db
      .updateTable('repository')
      .set({ state: 'NORMAL', full_name: 'acme/web' })
      .where('id', '=', web.id)
      .execute()

    expect(await world.repositories.find('acme/web')).toBeUndefined()
    expect(await world.repositories.listByIds([web.id])).toEqual([])
    const ada = await world.principal('ada')
    expect(await world.repositories.listCatalog(ada, '', 10)).toEqual([])
  })

  test('the name of a deleted namespace is not available', async () => {
    await world.user('ada')
    await world.organization('acme', 'ada')
    await remove('acme')
    const refused: unknown = expect.toSatisfy(
      (error: unknown) =>
        isProblem(error, 'namespace-taken') &&
        error.detail['message'] === 'Username is not available',
    )
    const ada = await world.principal('ada')
    if (ada.kind === 'anonymous') throw new Error('ada is a user')
    await expect(world.organizations.create({ name: 'acme' }, ada.id, system)).rejects.toEqual(
      refused,
    )
    await expect(
      world.accounts.createUser({ username: 'acme', password: 'long-enough' }, system),
    ).rejects.toEqual(refused)
  })

  test('a deleted person leaves every team and loses every grant', async () => {
    await world.user('ada')
    await world.user('bob')
    const acme = await world.organization('acme', 'ada')
    await world.organizations.addTeamMember(acme, 'owners', 'bob', system)
    const web = await world.repository('acme/web')
    await world.repositories.grantUser(web, 'bob', 'read', system)
    await remove('bob')

    expect(await database.db.selectFrom('teammember').selectAll().execute()).toHaveLength(1)
    const grants = await database.db.selectFrom('repositorypermission').selectAll().execute()
    expect(grants).toEqual([])
  })

  test('during the grace period robots and teams stay, unseen', async () => {
    await world.user('ada')
    await world.organization('precious', 'ada')
    await world.repository('precious/web')
    await world.robot('precious+ci')
    expect(service().graceMsOf('precious')).toBe(hour)
    expect(service().graceMsOf('acme')).toBe(0)
    await remove('precious', hour)

    expect(await world.repositories.find('precious/web')).toBeUndefined()
    expect(await world.accounts.findPrincipal('precious+ci')).toBeUndefined()
    expect(await world.accounts.find('precious+ci')).toBeDefined()
    const row = await database.db.selectFrom('deletednamespace').selectAll().executeTakeFirst()
    expect(row).toMatchObject({ original_username: 'precious', purge_after: now + hour })
  })

  test('tells which organizations would be left without an admin', async () => {
    await world.user('ada')
    await world.user('bob')
    await world.organization('alone', 'ada')
    await world.organization('also-alone', 'ada')
    const shared = await world.organization('shared', 'ada')
    await world.organizations.addTeamMember(shared, 'owners', 'bob', system)
    await world.robot('also-alone+ci')
    await world.organizations.addTeamMember(
      await world.namespace('also-alone'),
      'owners',
      'also-alone+ci',
      system,
    )
    const ada = await world.principal('ada')
    if (ada.kind === 'anonymous') throw new Error('ada is a user')

    const only = await service().organizationsOnlyAdministeredBy(ada.id)
    expect(only).toEqual(['alone', 'also-alone'])
    await remove('alone')
    expect(await service().organizationsOnlyAdministeredBy(ada.id)).toEqual(['also-alone'])
  })
})
