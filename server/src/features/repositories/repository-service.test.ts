import { beforeEach, describe, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, repositoryName, type World } from '../access/world-suite.ts'
import { anonymous } from '../accounts/principal.ts'
import { system } from '../audit/audit-log.ts'
import { catalogStore } from './catalog-store.ts'

describeDatabases('repositories', (open) => {
  let database: Database
  let world: World
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    for (const name of ['ada', 'bob', 'auditor']) await world.user(name)
    await world.organization('acme', 'ada')
  })

  test('are written to the log with who changed what', async () => {
    const ada = await world.principal('ada')
    const by = { principal: ada, ip: '192.0.2.1' }
    const name = repositoryName('acme/a/web')
    const namespace = await world.namespace('acme')
    const repository = await world.repositories.create(
      { name, namespace, visibility: 'private' },
      by,
    )
    await world.repositories.setVisibility(repository, 'public', by)
    await world.repositories.setState(repository, 'READ_ONLY', by)
    await world.repositories.grantUser(repository, 'bob', 'read', by)
    await world.repositories.grantUser(repository, 'bob', 'write', by)
    await world.repositories.revokeUser(repository, 'bob', by)
    await world.repositories.delete(repository, by)

    const about = { repo: 'a/web', namespace: 'acme' }
    const log = (await world.log()).slice(-7)
    expect(log.map(({ kind, metadata }) => [kind, metadata])).toEqual([
      ['create_repo', about],
      ['change_repo_visibility', { ...about, visibility: 'public' }],
      ['change_repo_state', { ...about, state_changed: 'READ_ONLY' }],
      ['change_repo_permission', { username: 'bob', ...about, role: 'read' }],
      ['change_repo_permission', { username: 'bob', ...about, role: 'write' }],
      ['delete_repo_permission', { username: 'bob', ...about }],
      ['delete_repo', about],
    ])
    for (const entry of log) {
      expect(entry).toMatchObject({
        accountId: namespace.id,
        performerId: 'id' in ada ? ada.id : 0,
        repositoryId: repository.id,
        ip: '192.0.2.1',
      })
    }
  })

  test('exist once', async () => {
    await world.repository('bob/tool')
    await expect(world.repository('bob/tool')).rejects.toMatchObject({
      detail: { message: 'Repository already exists' },
    })
  })

  test.each([
    ['nobody', 'Invalid username: nobody'],
    ['acme', 'Invalid username: acme'],
  ])('are not granted to %s', async (grantee, message) => {
    const repository = await world.repository('bob/tool')
    await expect(
      world.repositories.grantUser(repository, grantee, 'read', system),
    ).rejects.toMatchObject({ detail: { message } })
  })

  test('are always administered by the owner of the namespace', async () => {
    const repository = await world.repository('bob/tool')
    await expect(
      world.repositories.grantUser(repository, 'bob', 'read', system),
    ).rejects.toMatchObject({ detail: { message: 'Namespace owner must always be admin.' } })
  })

  test('are granted to teams of their own organization', async () => {
    const repository = await world.repository('acme/web')
    await world.repositories.grantTeam(repository, 'owners', 'read', system)
    await expect(
      world.repositories.grantTeam(repository, 'dev', 'read', system),
    ).rejects.toMatchObject({ detail: { message: 'No team dev in organization acme' } })
    await world.repositories.revokeTeam(repository, 'owners', system)
    await expect(world.repositories.revokeTeam(repository, 'owners', system)).rejects.toMatchObject(
      { detail: { message: 'Team does not have permission for repo.' } },
    )
  })

  describe('the catalog', () => {
    const list = async (name: string, after = '', limit = 100, from = world) =>
      from.repositories.listCatalog(
        name === '(anonymous)' ? anonymous : await from.principal(name),
        after,
        limit,
      )

    beforeEach(async () => {
      for (const name of ['acme/b', 'acme/a', 'acme/x-1', 'acme/x', 'acme/x/y', 'bob/one']) {
        await world.repository(name)
      }
      await world.repository('acme/pub', 'public')
      await world.organization('acme-x', 'ada')
      await world.repository('acme-x/z')
    })

    test('shows what the caller has a right to, in the order of bytes', async () => {
      expect(await list('ada')).toEqual([
        ...['acme-x/z', 'acme/a', 'acme/b', 'acme/pub', 'acme/x', 'acme/x-1', 'acme/x/y'],
      ])
      expect(await list('bob')).toEqual(['bob/one'])
      const granted = await world.repositories.get('acme/b')
      await world.repositories.grantUser(granted, 'bob', 'read', system)
      expect(await list('bob')).toEqual(['acme/b', 'bob/one'])
      expect(await list('auditor')).toHaveLength(8)
      expect(await list('(anonymous)')).toEqual([])
    })

    test('takes no namespace for another whose name begins like it', async () => {
      for (const name of ['acme0', 'acmea', 'bobby']) {
        await world.user(name)
        await world.repository(`${name}/secret`)
      }
      expect(await list('ada')).toHaveLength(7)
      expect(await list('bob')).toEqual(['bob/one'])
    })

    test('shows public repositories when the configuration says so', async () => {
      const open = createWorld(database, { features: { publicCatalog: true } })
      expect(await list('(anonymous)', '', 100, open)).toEqual(['acme/pub'])
      expect(await list('bob', '', 100, open)).toEqual(['acme/pub', 'bob/one'])
      const closed = createWorld(database, {
        features: { publicCatalog: true, anonymousAccess: false },
      })
      expect(await list('(anonymous)', '', 100, closed)).toEqual([])
    })

    test('pages without gap or repetition, whatever the page', async () => {
      const whole = await list('ada')
      for (const limit of [1, 2, 3, 7]) {
        const paged: string[] = []
        for (;;) {
          const page = await list('ada', paged.at(-1), limit)
          if (page.length === 0) break
          paged.push(...page)
        }
        expect(paged).toEqual(whole)
      }
    })

    test('leaves out what is deleted', async () => {
      await world.repositories.delete(await world.repositories.get('acme/a'), system)
      expect(await list('ada')).not.toContain('acme/a')
      expect(await list('ada')).toHaveLength(6)
    })

    test('finds the same by walking the names as from the grants', async () => {
      const bob = await world.principal('bob')
      if (!('id' in bob)) throw new Error('bob has an id')
      const acme = await world.namespace('acme')
      await world.organizations.createTeam(acme, { name: 'dev', role: 'member' }, system)
      await world.organizations.addTeamMember(acme, 'dev', 'bob', system)
      const team = await world.repositories.get('acme/x')
      await world.repositories.grantTeam(team, 'dev', 'read', system)
      // More grants than are collected, spread thinly among other repositories.
      const rows = Array.from({ length: 5000 }, (_, at) => ({
        namespace_user_id: acme.id,
        name: `n${String(at).padStart(4, '0')}`,
        full_name: `acme/n${String(at).padStart(4, '0')}`,
        visibility: 'private' as const,
        description: null,
        created_at: 1,
      }))
      for (let at = 0; at < rows.length; at += 1000) {
        await database.db
          .insertInto('repository')
          .values(rows.slice(at, at + 1000))
          .execute()
      }
      const ids = await database.db
        .selectFrom('repository')
        .select(['id', 'full_name'])
        .where('full_name', '>=', 'acme/n0000')
        .where('full_name', '<=', 'acme/n4999')
        .orderBy('full_name')
        .execute()
      const some = ids.filter((_, at) => at % 4 === 3)
      await database.db
        .insertInto('repositorypermission')
        .values(
          some.map(({ id }) => ({
            repository_id: id,
            namespace_user_id: acme.id,
            user_id: bob.id,
            team_id: null,
            role: 'read' as const,
          })),
        )
        .execute()
      const expected = [...some.map((row) => row.full_name), 'acme/x']
      expect(await catalogStore(database.db).listGranted(bob.id, '', 2000)).toEqual(expected)
      expect(await catalogStore(database.db).listGranted(bob.id, 'acme/n2000', 10)).toEqual(
        expected.filter((name) => name > 'acme/n2000').slice(0, 10),
      )
    })
  })
})
