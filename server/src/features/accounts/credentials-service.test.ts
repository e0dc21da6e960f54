import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'

const address = '192.0.2.1'

describeDatabases('credentials', (open) => {
  let database: Database
  let world: World
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    await world.accounts.createUser(
      { username: 'ada', password: 'correct-horse', email: 'ada+work@example.com' },
      system,
    )
  })

  const login = (username: string, password: string, from = world) =>
    from.credentials.authenticate({ username, password, address })

  const refused = (message: string) => ({ code: 'credentials-invalid', detail: { message } })

  test('name or address with the password make a user', async () => {
    const ada = await world.principal('ada')
    expect(ada).toMatchObject({ kind: 'user', username: 'ada', isSuperUser: false })
    expect(await login('ada', 'correct-horse')).toEqual(ada)
    expect(await login('ada+work@example.com', 'correct-horse')).toEqual(ada)
  })

  test.each([
    ['ada', 'wrong-horse'],
    ['nobody', 'correct-horse'],
    ['acme', ''],
    ['', ''],
    ['ada@nowhere.org', 'correct-horse'],
  ])('%s with %j is refused without saying which is wrong', async (username, password) => {
    await world.organization('acme', 'ada')
    await expect(login(username, password)).rejects.toMatchObject(
      refused('Invalid Username or Password'),
    )
  })

  test('a disabled user is told so, with the right password only', async () => {
    await world.accounts.setEnabled('ada', false, system)
    await expect(login('ada', 'wrong-horse')).rejects.toMatchObject(
      refused('Invalid Username or Password'),
    )
    world.advance(60_000)
    await expect(login('ada', 'correct-horse')).rejects.toMatchObject(
      refused('This user has been disabled. Please contact your administrator.'),
    )
    expect(await world.accounts.findPrincipal('ada')).toBeUndefined()
  })

  test('a changed password ends the old one at once', async () => {
    await login('ada', 'correct-horse')
    await world.accounts.setPassword('ada', 'battery-staple', system)
    expect(await login('ada', 'battery-staple')).toMatchObject({ username: 'ada' })
    await expect(login('ada', 'correct-horse')).rejects.toMatchObject(
      refused('Invalid Username or Password'),
    )
  })

  test.each([
    ['$token', 'Invalid access token'],
    ['$app', 'Invalid token'],
    ['$oauthtoken', 'OAuth access token could not be validated'],
  ])('%s is reserved', async (username, message) => {
    await expect(login(username, 'x')).rejects.toMatchObject(refused(message))
  })

  test('a robot logs in with its token, as long as it is the current one', async () => {
    const { token, id } = await world.robots.create(
      await world.namespace('ada'),
      { shortName: 'ci' },
      system,
    )
    const { id: namespaceId } = await world.namespace('ada')
    expect(token).toMatch(/^[A-Z0-9]{64}$/)
    expect(await login('ada+ci', token)).toEqual({
      kind: 'robot',
      id,
      username: 'ada+ci',
      namespaceId,
    })
    const wrong = 'Could not find robot with username: ada+ci and supplied password.'
    await expect(login('ada+ci', 'X'.repeat(64))).rejects.toMatchObject(refused(wrong))
    world.advance(60_000)
    const renewed = await world.robots.regenerateToken('ada+ci', system)
    expect(renewed.token).not.toBe(token)
    await expect(login('ada+ci', token)).rejects.toMatchObject(refused(wrong))
    world.advance(60_000)
    expect(await login('ada+ci', renewed.token)).toMatchObject({ id })
    await expect(login('ada+no', token)).rejects.toMatchObject(
      refused('Could not find robot with username: ada+no and supplied password.'),
    )
  })

  test('a robot stops with its owner, and with all robots but those on the list', async () => {
    const owner = await world.namespace('ada')
    const { token } = await world.robots.create(owner, { shortName: 'ci' }, system)
    const off = createWorld(database, { robots: { disallow: true, whitelist: [] } })
    await expect(login('ada+ci', token, off)).rejects.toMatchObject(
      refused('Robot account have been disabled. Please contact your administrator.'),
    )
    expect(await off.accounts.findPrincipal('ada+ci')).toBeUndefined()
    const listed = createWorld(database, { robots: { disallow: true, whitelist: ['ada+ci'] } })
    expect(await login('ada+ci', token, listed)).toMatchObject({ kind: 'robot' })

    await world.accounts.setEnabled('ada', false, system)
    await expect(login('ada+ci', token)).rejects.toMatchObject(
      refused('Robot ada+ci owner ada is disabled'),
    )
    expect(await world.accounts.findPrincipal('ada+ci')).toBeUndefined()
  })

  test('failures make the next attempt wait, even with the right password, but not elsewhere', async () => {
    for (let n = 0; n < 3; n++) {
      world.advance(60_000)
      await expect(login('ada', 'wrong-horse')).rejects.toMatchObject({
        code: 'credentials-invalid',
      })
    }
    await expect(login('ada', 'correct-horse')).rejects.toMatchObject({
      code: 'login-throttled',
      detail: { retryAfterSeconds: 4 },
    })
    expect(
      await world.credentials.authenticate({
        username: 'ada',
        password: 'correct-horse',
        address: '198.51.100.7',
      }),
    ).toMatchObject({ username: 'ada' })
    world.advance(3500)
    expect(await login('ada', 'correct-horse')).toMatchObject({ username: 'ada' })
    expect(await login('ada', 'correct-horse')).toMatchObject({ username: 'ada' })
    await expect(login('ada', 'wrong-horse')).rejects.toMatchObject({ code: 'credentials-invalid' })
    world.advance(500)
    expect(await login('ada', 'correct-horse')).toMatchObject({ username: 'ada' })
  })

  test('an encrypted password does as the password, and only that where it is required', async () => {
    const encrypted = world.encryptedPasswords.encrypt('correct-horse')
    expect(await login('ada', encrypted)).toMatchObject({ username: 'ada' })
    await expect(
      login('ada', world.encryptedPasswords.encrypt('wrong-horse')),
    ).rejects.toMatchObject(refused('Invalid Username or Password'))
    const strict = createWorld(database, { features: { requireEncryptedBasicAuth: true } })
    await expect(login('ada', 'correct-horse', strict)).rejects.toMatchObject(
      refused(
        'Client login with unencrypted passwords is disabled. Please generate an encrypted password in the user admin panel for use here.',
      ),
    )
    strict.advance(60_000)
    expect(await login('ada', encrypted, strict)).toMatchObject({ username: 'ada' })
    const { token } = await world.robots.create(
      await world.namespace('ada'),
      { shortName: 'ci' },
      system,
    )
    expect(await login('ada+ci', token, strict)).toMatchObject({ kind: 'robot' })
  })

  test('at a form the password itself is asked for', async () => {
    const given = (password: string) => ({ username: 'ada', password, address })
    expect(await world.credentials.verifyPerson(given('correct-horse'))).toMatchObject({
      username: 'ada',
    })
    const encrypted = world.encryptedPasswords.encrypt('correct-horse')
    await expect(world.credentials.verifyPerson(given(encrypted))).rejects.toMatchObject(
      refused('Invalid Username or Password'),
    )
  })

  test('the last use is written once a minute, by itself', async () => {
    const lastAccessed = async () => (await world.namespace('ada')).last_accessed
    const used = async () => {
      await login('ada', 'correct-horse')
      while ((await world.accessTimes.write()) === 'more');
      return lastAccessed()
    }
    await login('ada', 'correct-horse')
    expect(await lastAccessed()).toBeNull()
    const first = await used()
    expect(first).toBeGreaterThan(0)
    world.advance(60_000)
    expect(await used()).toBe((first ?? 0) + 60_000)
    world.advance(1)
    expect(await used()).toBe((first ?? 0) + 60_000)
  })
})
