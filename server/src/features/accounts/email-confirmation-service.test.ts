import { beforeEach, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { until } from '../../../../test/support/until.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { createAccountMails } from '../mail/account-mails.ts'
import type { Mail } from '../mail/mail-service.ts'
import {
  createEmailConfirmationService,
  type EmailConfirmationService,
} from './email-confirmation-service.ts'
import { accountStore } from './account-store.ts'
import pino from 'pino'

const minute = 60_000

describeDatabases('codes in mails', (open) => {
  let database: Database
  let world: World
  let confirmations: EmailConfirmationService
  let now: number
  let sent: Mail[]
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    now = 1_800_000_000_000
    sent = []
    const clock = { now: () => now }
    const mail = {
      enabled: true,
      send: (one: Mail) => {
        sent.push(one)
        return Promise.resolve()
      },
      sendLater: (one: Mail) => void sent.push(one),
    }
    const { db } = database
    confirmations = createEmailConfirmationService({
      db,
      clock,
      random: systemRandom,
      audit: createAuditLog({
        ...{ db, clock, logger: pino({ level: 'silent' }) },
        config: {
          registryState: 'normal',
          audit: {
            ...{ logins: true, loginFailures: false, pushFailures: false },
            ...{ pullFailures: false, deleteFailures: false },
            ...{ disabledNamespaces: [], pullsDisabledNamespaces: [] },
          },
        },
      }),
      mails: createAccountMails({
        mail,
        config: {
          ...{ serverHostname: 'registry.example.com', urlScheme: 'https' },
          interface: {
            ...{ title: 'x', titleShort: 'x', avatarKind: 'local' },
            ...{ contactInfo: [], branding: {}, footerLinks: {} },
          },
        },
      }),
      config: { recoveryLinkLifeMs: 30 * minute },
    })
    await world.user('ada')
    const { id } = await world.namespace('ada')
    await accountStore(db).update(id, { email: 'ada@example.com' })
  })

  const ada = () => world.namespace('ada')
  const lastCode = () => /code=(\S+)/.exec(sent.at(-1)?.text ?? '')?.[1] ?? ''
  const invalid = { code: 'request-invalid' }

  it('work once, for what they were sent for', async () => {
    await confirmations.requestConfirmation(await ada(), 'ada@example.com')
    const code = lastCode()
    expect(code).toMatch(/^[\w-]{43}$/)
    const stored = await database.db.selectFrom('emailconfirmation').selectAll().execute()
    expect(JSON.stringify(stored)).not.toContain(code)
    await expect(confirmations.confirm(code, ['recover'], {})).rejects.toMatchObject(invalid)
    expect((await confirmations.confirm(code, ['verify', 'change'], {})).verified).toBe(1)
    await expect(confirmations.confirm(code, ['verify'], {})).rejects.toMatchObject(invalid)
    await expect(confirmations.confirm('', ['verify'], {})).rejects.toMatchObject(invalid)
  })

  it('are over after their time, and are void when a new one was sent', async () => {
    await confirmations.requestRecovery(await ada(), 'ada@example.com')
    const first = lastCode()
    await confirmations.requestRecovery(await ada(), 'ada@example.com')
    await expect(confirmations.confirm(first, ['recover'], {})).rejects.toMatchObject(invalid)
    now += 30 * minute
    await expect(confirmations.confirm(lastCode(), ['recover'], {})).rejects.toMatchObject(invalid)
    expect(await confirmations.removeExpired()).toBe('idle')
    expect(await database.db.selectFrom('emailconfirmation').selectAll().execute()).toEqual([])
  })

  it('do nothing for a disabled account', async () => {
    await confirmations.requestRecovery(await ada(), 'ada@example.com')
    await accountStore(database.db).setEnabled((await ada()).id, false)
    await expect(confirmations.confirm(lastCode(), ['recover'], {})).rejects.toMatchObject({
      code: 'account-disabled',
    })
  })

  it('change the address, and the log says from which', async () => {
    await confirmations.requestChange(await ada(), 'new@example.com')
    const changed = await confirmations.confirm(lastCode(), ['change'], { ip: '192.0.2.1' })
    expect(changed).toMatchObject({ email: 'new@example.com', verified: 1 })
    expect(await world.log()).toMatchObject([
      {
        kind: 'user_change_email',
        ip: '192.0.2.1',
        metadata: { email: 'new@example.com', old_email: 'ada@example.com' },
      },
    ])
    expect(sent.at(-1)).toMatchObject({ to: 'ada@example.com' })
  })

  it('that anybody can ask for are sent once a minute', async () => {
    const ask = () => confirmations.requestRecoveryByAddress('ada@example.com')
    const mails = (count: number) =>
      until(`${String(count)} mails`, () => (sent.length === count ? true : undefined))
    await ask()
    await mails(1)
    expect(await ask()).toEqual({ kind: 'sent' })
    now += minute
    await ask()
    await mails(2)
  })
})
