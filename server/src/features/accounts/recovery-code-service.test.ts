import { beforeEach, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'

const address = '192.0.2.1'
const newPassword = 'harbour-lantern-42'

describeDatabases('recovery codes', (open) => {
  let database: Database
  let world: World
  let codes: readonly string[]
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    await world.user('ada')
    await world.user('bob')
    codes = await world.recoveryCodes.renew('ada', system)
  })

  const use = (code: string, username = 'ada', password = newPassword) =>
    world.recoveryCodes.use({ username, code, newPassword: password, address })
  const refused = { code: 'credentials-invalid' }

  it('are good for one new password each', async () => {
    const { uuid } = await world.namespace('ada')
    const recovered = await use(codes[0] ?? '')
    expect(recovered.uuid).not.toBe(uuid)
    const verified = await world.credentials.verifyPerson({
      ...{ username: 'ada', password: newPassword, address },
    })
    expect(verified.username).toBe('ada')
    await expect(use(codes[0] ?? '')).rejects.toMatchObject(refused)
    world.advance(60_000)
    await use(codes[9] ?? '', 'ada', 'another-password')
  })

  it('are written down as they are drawn, without themselves', async () => {
    const entries = await world.log()
    expect(entries.at(-1)).toMatchObject({
      ...{ kind: 'user_generate_client_key', metadata: { recovery_codes: 10 } },
    })
    expect(codes.filter((code) => JSON.stringify(entries).includes(code))).toEqual([])
  })

  it('are kept so that nobody can read them', async () => {
    const rows = await database.db.selectFrom('recoverycode').selectAll().execute()
    expect(rows).toHaveLength(10)
    const kept = JSON.stringify(rows)
    expect(codes.filter((code) => kept.includes(code))).toEqual([])
  })

  it('are void once new ones were drawn', async () => {
    const fresh = await world.recoveryCodes.renew('ada', system)
    await expect(use(codes[0] ?? '')).rejects.toMatchObject(refused)
    world.advance(60_000)
    await use(fresh[0] ?? '')
  })

  it('let in nobody else, nobody who is disabled, and no empty code', async () => {
    for (const [code, username] of [
      [codes[0], 'bob'],
      ['', 'bob'],
      ['', 'ada'],
      [codes[0], 'nobody'],
    ] as const) {
      await expect(use(code ?? '', username)).rejects.toMatchObject(refused)
      world.advance(60_000)
    }
    await world.accounts.setEnabled('ada', false, system)
    await expect(use(codes[0] ?? '')).rejects.toMatchObject(refused)
  })

  it('go to the first of two who use one at once', async () => {
    const both = await Promise.allSettled([use(codes[0] ?? ''), use(codes[0] ?? '')])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('stay when the password that came with one is no good', async () => {
    await expect(use(codes[0] ?? '', 'ada', 'short')).rejects.toMatchObject({
      code: 'password-invalid',
    })
    await use(codes[0] ?? '')
  })

  it('have to be guessed at the pace of passwords', async () => {
    await expect(use('AAAA-AAAA-AAAA-AAAA')).rejects.toMatchObject(refused)
    await expect(use(codes[0] ?? '')).rejects.toMatchObject({ code: 'login-throttled' })
  })
})
