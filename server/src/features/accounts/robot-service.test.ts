import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'

describeDatabases('robots', (open) => {
  let database: Database
  let world: World
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    await world.user('ada')
  })

  test('live and die with a namespace that names them', async () => {
    const ada = await world.namespace('ada')
    const robot = await world.robots.create(
      ada,
      { shortName: 'ci', description: 'builds', metadata: { team: 'core' } },
      system,
    )
    expect(await world.robots.get('ada+ci')).toEqual(robot)
    const [row] = await database.db.selectFrom('robot_account').selectAll().execute()
    expect(row?.token_encrypted).not.toContain(robot.token)
    await world.robots.create(ada, { shortName: 'zz' }, system)
    const names = async (after = '') =>
      (await world.robots.list(ada.id, { after, limit: 10 })).map(({ username }) => username)
    expect(await names()).toEqual(['ada+ci', 'ada+zz'])
    expect(await names('ada+ci')).toEqual(['ada+zz'])
    await world.robots.delete('ada+ci', system)
    expect(await names()).toEqual(['ada+zz'])
    await expect(world.robots.get('ada+ci')).rejects.toMatchObject({
      code: 'robot-unknown',
      detail: { message: 'Could not find robot with specified username' },
    })
    expect((await world.log()).map(({ kind, metadata }) => [kind, metadata])).toEqual([
      [
        'create_robot',
        { robot: 'ci', description: 'builds', unstructured_metadata: { team: 'core' } },
      ],
      ['create_robot', { robot: 'zz', description: '', unstructured_metadata: {} }],
      ['delete_robot', { robot: 'ci' }],
    ])
  })

  test('are made once by several who need them at the same time', async () => {
    const ada = await world.namespace('ada')
    await Promise.all([1, 2, 3].map(() => world.robots.ensure(ada, { shortName: 'ci' }, system)))
    await world.robots.ensure(ada, { shortName: 'ci' }, system)
    expect((await world.log()).map(({ kind }) => kind)).toEqual(['create_robot'])
    await expect(world.robots.ensure(ada, { shortName: 'C I' }, system)).rejects.toMatchObject({
      code: 'namespace-invalid',
    })
  })

  test.each([
    ['ci', 'namespace-taken', 'Existing robot with name: ada+ci'],
    [
      'C I',
      'namespace-invalid',
      "The name for the robot 'C I' is invalid: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$",
    ],
    [
      'x',
      'namespace-invalid',
      "The name for the robot 'x' is invalid: Namespace must be between 2 and 255 characters in length",
    ],
  ])('named %s are refused', async (shortName, code, message) => {
    await world.robot('ada+ci')
    await expect(
      world.robots.create(await world.namespace('ada'), { shortName }, system),
    ).rejects.toMatchObject({ code, detail: { message } })
  })

  test('are not created when they are off', async () => {
    const off = createWorld(database, { robots: { disallow: true, whitelist: ['ada+ok'] } })
    const ada = await world.namespace('ada')
    await expect(off.robots.create(ada, { shortName: 'no' }, system)).rejects.toMatchObject({
      code: 'request-invalid',
      detail: {
        message: 'Robot accounts have been disabled. Please contact your administrator.',
      },
    })
    expect(await off.robots.create(ada, { shortName: 'ok' }, system)).toMatchObject({
      username: 'ada+ok',
    })
  })

  test('with too much about them are refused', async () => {
    const ada = await world.namespace('ada')
    const metadata = { text: 'x'.repeat(1024 * 1024) }
    await expect(
      world.robots.create(ada, { shortName: 'big', metadata }, system),
    ).rejects.toMatchObject({ code: 'request-invalid' })
  })

  test('are listed to their end, whatever fits a batch, and no further than asked', async () => {
    const ada = await world.namespace('ada')
    const names = ['aa', 'bb', 'cc']
    for (const shortName of names) await world.robots.create(ada, { shortName }, system)
    const listed = async (limit?: number) =>
      (await world.robots.list(ada.id, { limit })).map(({ username }) => username)
    expect(await listed()).toEqual(names.map((name) => `ada+${name}`))
    expect(await listed(2)).toEqual(['ada+aa', 'ada+bb'])
    expect(await listed(0)).toEqual([])
    expect(await listed(-1)).toEqual([])
  })
})
