import { beforeAll, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { systemRandom } from '../../platform/random.ts'
import { accountStore } from '../accounts/account-store.ts'
import { teamStore } from '../accounts/team-store.ts'
import { createNotificationService, type NotificationService } from './notification-service.ts'

describeDatabases('notifications', (open) => {
  let db: Db
  let notifications: NotificationService
  let now = 1_000
  const ids = new Map<string, number>()
  const idOf = (name: string) => ids.get(name) ?? -1
  const reader = (name: string, withOrganizations = true) => ({
    userId: idOf(name),
    withOrganizations,
  })
  const send = (target: string, lookupPath?: string) =>
    notifications.notify(db, {
      kind: 'org_team_invite',
      targetId: idOf(target),
      metadata: { sent: now++ },
      ...(lookupPath !== undefined && { lookupPath }),
    })

  beforeAll(async () => {
    ;({ db } = await open())
    notifications = createNotificationService({
      db,
      clock: { now: () => now },
      random: systemRandom,
    })
    for (const [username, kind] of [
      ['ada', 'user'],
      ['bob', 'user'],
      ['carl', 'user'],
      ['dora', 'user'],
      ['acme', 'organization'],
    ] as const) {
      const account = await accountStore(db).insert({
        ...{ kind, username, uuid: username, email: null, passwordHash: null },
        ...{ removedTagExpirationMs: 0, createdAt: 0 },
      })
      ids.set(username, account?.id ?? -1)
    }
    for (const [role, member] of [
      ['admin', 'ada'],
      ['member', 'bob'],
    ] as const) {
      const team = await teamStore(db).insert({
        ...{ organizationId: idOf('acme'), name: `${role}s`, role, description: '' },
      })
      await teamStore(db).addMember(team?.id ?? -1, idOf(member))
    }
  })

  it('reach a person, and the admins of an organization', async () => {
    await send('ada')
    await send('acme')
    const seenBy = async (name: string, withOrganizations = true) =>
      (await notifications.list(reader(name, withOrganizations), 0, 10)).notifications.map(
        ({ organization }) => organization,
      )
    expect(await seenBy('ada')).toEqual(['acme', null])
    expect(await seenBy('ada', false)).toEqual([null])
    expect(await seenBy('bob')).toEqual([])
  })

  it('come newest first, in pages, without those that were dismissed', async () => {
    for (let count = 0; count < 5; count++) await send('carl')
    const first = await notifications.list(reader('carl'), 0, 2)
    const last = await notifications.list(reader('carl'), 2, 2)
    expect(first.additional).toBe(true)
    expect(last).toMatchObject({ additional: false, notifications: [{ kind: 'org_team_invite' }] })
    const [newest] = first.notifications
    expect(newest?.created_at).toBe(now)
    const dismissed = await notifications.setDismissed(reader('carl'), newest?.uuid ?? '', true)
    expect(dismissed.dismissed).toBe(1)
    const left = await notifications.list(reader('carl'), 0, 10)
    expect(left.notifications).toHaveLength(4)
    expect(left.notifications.map(({ uuid }) => uuid)).not.toContain(newest?.uuid)
  })

  it('of somebody else do not exist', async () => {
    const { notifications: all } = await notifications.list(reader('carl'), 0, 1)
    const uuid = all[0]?.uuid ?? ''
    await expect(notifications.get(reader('bob'), uuid)).rejects.toThrow('not-found')
    await expect(notifications.setDismissed(reader('bob'), uuid, true)).rejects.toThrow('not-found')
    expect((await notifications.get(reader('carl'), uuid)).dismissed).toBe(0)
  })

  it('are taken back by what they are about, one or all below a folder', async () => {
    const paths = ['/key/abc/1', '/key/abc/2', '/key/abcd/1', '/key/ab', '/key/abc']
    for (const path of paths) await send('dora', path)
    const left = async () => (await notifications.list(reader('dora'), 0, 10)).notifications.length
    await notifications.withdraw(db, '/key/abc/')
    expect(await left()).toBe(3)
    await notifications.withdraw(db, '/key/ab')
    expect(await left()).toBe(2)
  })
})
