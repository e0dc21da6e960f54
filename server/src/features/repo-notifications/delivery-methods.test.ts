import { expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { teamStore } from '../accounts/team-store.ts'
import { notificationWorld } from './notification-world-suite.ts'

describeDatabases('methods of delivery', (open) => {
  const w = notificationWorld(open)

  test('the way leads by the proxy of the site, but for hosts that it names', async () => {
    await w.create({ url: 'http://hooks.invalid/a' })
    await w.create({ url: `${w.receiver.url}/b` })
    await w.push('v1')
    await w.world.step(2_000, { httpProxy: w.receiver.url, noProxy: '127.0.0.0/8' })()
    const paths = w.receiver.posts.map(({ path }) => path)
    expect(paths.toSorted()).toEqual(['/b', 'http://hooks.invalid/a'])
  })

  test('says what went wrong without saying where', async () => {
    const secret = 'token-that-nobody-may-see'
    w.receiver.answers.push(() => new Promise(() => undefined))
    const slow = await w.create({ url: `${w.receiver.url}/${secret}` })
    const gone = await w.create({ url: `http://127.0.0.1:9/${secret}` })
    const plain = await w.create({ url: `https://${new URL(w.receiver.url).host}/${secret}` })
    const mail = await w
      .create({ email: 'a@example.com' }, { method: 'email' })
      .catch(() => undefined)
    expect(mail).toBeUndefined()
    await w.push('v1')
    await w.world.step(300)()
    const failures = await Promise.all(
      [slow, gone, plain].map(async ({ uuid }) => (await w.lastOf(uuid)).attempts[0]),
    )
    expect(failures.map((failure) => failure?.code)).toEqual(['timeout', 'unreachable', 'tls'])
    expect(JSON.stringify(failures)).not.toContain(secret)
  })

  test('Slack and the services that are gone are spoken to as they ask for it', async () => {
    await w.create({ url: `${w.receiver.url}/slack` }, { method: 'slack' })
    await w.create({ flow_api_token: 'f/1' }, { method: 'flowdock' })
    await w.create({ notification_token: 'h 1', room_id: 7 }, { method: 'hipchat' })
    await w.push('v1')
    await w.world.step()()
    const bodyAt = (start: string) => w.receiver.posts.find(({ path }) => path.startsWith(start))
    const { full_name: name } = w.repository
    const summary = `Repository ${name} updated`
    expect(bodyAt('/slack')?.body).toEqual({
      ...{ text: summary, username: 'quayiobot' },
      attachments: [
        {
          fallback: summary,
          text: `Repository <https://registry.example/repository/${name}|${name}> was updated by ada; tags: v1.`,
          ...{ color: 'good', mrkdwn_in: ['text'] },
        },
      ],
    })
    expect(bodyAt('/flow/v1/messages/team_inbox/f%2F1')?.body).toMatchObject({
      ...{ subject: summary, tags: ['#repo_push'], from_name: 'ada' },
    })
    expect(bodyAt('/hip/v2/room/7/notification?auth_token=h+1')?.body).toMatchObject({
      ...{ color: 'purple', notify: false },
    })
  })

  test('the bell rings for a person, a team or an organization', async () => {
    const team = await teamStore(w.db).insert({
      ...{ organizationId: w.world.namespace.id, name: 'crew', role: 'member', description: '' },
    })
    for (const { id } of [w.world.ada, w.world.bob])
      await teamStore(w.db).addMember(team?.id ?? 0, id)
    const target = (kind: string, name: string) =>
      w.create({ target: { kind, name } }, { method: 'quay_notification' })
    await target('user', 'ada')
    await target('team', 'crew')
    const org = await target('org', 'acme')
    await w.push('v1')
    await w.world.step()()
    const heard = async ({ id: userId }: { id: number }) =>
      (await w.world.bells.list({ userId, withOrganizations: false }, 0, 10)).notifications
    expect(await heard(w.world.ada)).toHaveLength(2)
    expect(await heard(w.world.bob)).toMatchObject([{ kind: 'repo_push' }])
    expect(await heard(w.world.namespace)).toHaveLength(1)
    expect(await w.lastOf(org.uuid)).toMatchObject({ state: 'delivered' })

    await teamStore(w.db).delete(team?.id ?? 0)
    await w.push('v2')
    await w.world.step()()
    expect(await heard(w.world.bob)).toHaveLength(1)
    const all = await w.world.notifications.list(w.where())
    expect(all.map(({ failures }) => failures)).toEqual([0, 1, 0])
  })

  test('nobody is told who is not there', async () => {
    const named = (kind: string, name: string) => ({ target: { kind, name } })
    const complaints = [
      [{}, 'Missing target'],
      [named('user', 'nobody'), 'Unknown user nobody'],
      [named('user', 'acme'), 'Unknown user acme'],
      [named('org', 'other'), 'Unknown organization other'],
      [named('team', 'none'), 'Unknown team none'],
    ] as const
    for (const [config, message] of complaints) {
      await expect(w.create(config, { method: 'quay_notification' })).rejects.toMatchObject({
        ...{ code: 'request-invalid', detail: { message } },
      })
    }
  })
})
