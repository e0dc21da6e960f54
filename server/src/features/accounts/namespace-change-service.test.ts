import { beforeEach, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'
import { accountListStore } from './account-list-store.ts'
import { addOwner, convertToOrganization, renameNamespace } from './namespace-change-service.ts'
import { promptStore } from './prompt-store.ts'
import { teamStore } from './team-store.ts'

describeDatabases('changes to a namespace', (open) => {
  let database: Database
  let world: World
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    await world.user('ada')
    await world.user('bob')
  })

  const rename = async (from: string, to: string) => {
    const account = await world.namespace(from)
    return database.db.transaction().execute((tx) => renameNamespace(tx, account, to))
  }
  const convert = async (name: string, admin: string) => {
    const [account, { id }] = [await world.namespace(name), await world.namespace(admin)]
    await database.db
      .transaction()
      .execute((tx) => convertToOrganization(tx, account, id, systemRandom))
  }

  it('a new name is that of its repositories and robots, and of no others', async () => {
    await world.repository('ada/web')
    await world.repository('ada/tools/deep')
    await world.repository('bob/web')
    await world.robot('ada+ci')
    await world.robot('bob+ada')
    await promptStore(database.db).add((await world.namespace('ada')).id, ['confirm_username'])

    expect((await rename('ada', 'adele')).username).toBe('adele')
    for (const name of ['adele/web', 'adele/tools/deep', 'bob/web']) {
      expect(await world.repositories.find(name)).toBeDefined()
    }
    expect(await world.repositories.find('ada/web')).toBeUndefined()
    expect(await world.accounts.findPrincipal('adele+ci')).toMatchObject({ kind: 'robot' })
    expect(await world.accounts.findPrincipal('bob+ada')).toMatchObject({ kind: 'robot' })
    expect(await world.accounts.find('ada+ci')).toBeUndefined()
    const { id } = await world.namespace('adele')
    expect(await promptStore(database.db).list(id)).toEqual([])
    await world.user('ada')
    await world.repository('ada/web')
  })

  it.each([
    ['bob', 'namespace-taken', 'Username is already in use'],
    ['api', 'namespace-invalid', 'Invalid username api: this name is reserved'],
  ])('%s is no new name', async (name, code, message) => {
    await expect(rename('ada', name)).rejects.toMatchObject({ code, detail: { message } })
    expect(await world.accounts.find('ada')).toBeDefined()
  })

  it('a person becomes an organization, and nothing of the person is left', async () => {
    await world.repository('ada/web')
    await world.robot('ada+ci')
    await world.organization('acme', 'bob')
    await world.organizations.addTeamMember(await world.namespace('acme'), 'owners', 'ada', system)
    const before = await world.namespace('ada')
    await world.appTokens.create(before, 'laptop', system)

    await convert('ada', 'bob')
    const after = await world.namespace('ada')
    expect(after).toMatchObject({ id: before.id, organization: 1, password_hash: null })
    expect(after.uuid).not.toBe(before.uuid)
    expect(await world.accounts.findActiveByUuid(before.uuid)).toBeUndefined()
    expect(await world.appTokens.list(after.id)).toEqual([])
    const lists = accountListStore(database.db)
    const named = (accounts: { username: string }[]) => accounts.map(({ username }) => username)
    expect(named(await lists.adminsOf((await world.namespace('acme')).id, 9))).toEqual(['bob'])
    expect(named(await lists.adminsOf(after.id, 9))).toEqual(['bob'])
    expect(named(await lists.organizationsOf((await world.namespace('bob')).id, 9))).toEqual([
      'acme',
      'ada',
    ])
    expect(named(await lists.people({ after: 0, limit: 9 }, { withDisabled: true }))).toEqual([
      'bob',
    ])
    const found = await world.repositories.find('ada/web')
    if (found === undefined) throw new Error('the repository is gone')
    expect(await world.access.roleOn(await world.principal('bob'), found)).toBe('admin')
    expect(await world.accounts.findPrincipal('ada+ci')).toMatchObject({ kind: 'robot' })
  })

  it('an owner joins the team that administers, which is made when there is none', async () => {
    const { id } = await world.organization('acme', 'ada')
    const bob = (await world.namespace('bob')).id
    const teams = teamStore(database.db)
    const owners = await teams.find(id, 'owners')
    await teams.delete(owners?.id ?? -1)
    await addOwner(database.db, id, bob)
    await addOwner(database.db, id, bob)
    expect(await teams.rolesOf(id, bob)).toEqual(['admin'])
  })
})
