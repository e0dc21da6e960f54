import { expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import type { EventData } from './repo-event.ts'
import { notificationWorld } from './notification-world-suite.ts'

describeDatabases('deliveries', (open) => {
  const w = notificationWorld(open)

  test('a push is posted with the facts, once, to all who wait for it', async () => {
    const { uuid } = await w.create({ url: `${w.receiver.url}/a` })
    await w.create({ url: `${w.receiver.url}/b`, template: '"${updated_tags[0]} of ${namespace}"' })
    await w.create({ url: `${w.receiver.url}/c` }, { event: 'repo_mirror_sync_failed' })
    await w.push('v1')
    await w.push('sha256:'.padEnd(71, 'a'))
    const step = w.world.step()
    await step()
    await step()
    expect(w.receiver.posts).toHaveLength(2)
    expect(w.receiver.posts).toContainEqual({
      path: '/a',
      body: {
        ...{ repository: w.repository.full_name, namespace: 'acme', name: w.repository.name },
        docker_url: `registry.example/${w.repository.full_name}`,
        homepage: `https://registry.example/repository/${w.repository.full_name}`,
        updated_tags: ['v1'],
      },
    })
    expect(w.receiver.posts).toContainEqual({ path: '/b', body: 'v1 of acme' })
    const { state, attempts } = await w.lastOf(uuid)
    expect({ state, attempts }).toMatchObject({
      state: 'delivered',
      attempts: [{ status: 200, code: null }],
    })
  })

  test('a push by digest tells the tags that it set, and one without tags tells nothing', async () => {
    await w.create({ url: w.receiver.url })
    await w.push('sha256:'.padEnd(71, 'a'), ['one', 'two'])
    await w.push('sha256:'.padEnd(71, 'a'), [])
    await w.world.step()()
    expect(w.receiver.posts.map(({ body }) => body)).toMatchObject([
      { updated_tags: ['one', 'two'] },
    ])
  })

  test('what mirrors log is told, and of single tags only that they came', async () => {
    for (const event of ['started', 'success', 'failed'] as const) {
      await w.create({ url: `${w.receiver.url}/${event}` }, { event: `repo_mirror_sync_${event}` })
    }
    await w.create({ url: `${w.receiver.url}/push` })
    const source = {
      ...{ external_registry_url: 'https://quay.example', external_namespace: 'acme', repo: 'web' },
    }
    const lines: readonly [kind: LogKind, metadata: EventData][] = [
      ['repo_mirror_sync_started', { verb: 'start', message: 'one' }],
      ['repo_mirror_sync_tag_success', { verb: 'finish', message: 'two', tag: 'v1' }],
      ['repo_mirror_sync_tag_failed', { verb: 'finish', message: 'three', tag: 'v2' }],
      ['repo_mirror_sync_failed', { verb: 'Cancelled', message: 'four' }],
      ['org_mirror_sync_started', { verb: 'start', message: 'Sync started', ...source }],
      ['org_mirror_sync_failed', { verb: 'finish', message: 'five', tag: 'v3', ...source }],
      ['org_mirror_sync_success', { verb: 'end', message: 'Sync finished', ...source }],
    ]
    for (const [kind, metadata] of lines) {
      const about = { account: w.world.namespace, actor: w.actor(), repositoryId: w.repository.id }
      await w.world.log.recordIn(w.db, { kind, metadata, ...about })
    }
    await w.world.step()()
    const told = w.receiver.posts.map(({ path, body }) => {
      const { message, updated_tags } = body as EventData
      return [path, message ?? updated_tags]
    })
    const followed = "'https://quay.example/acme/web'"
    expect(told.toSorted()).toEqual([
      ['/failed', 'four'],
      ['/push', ['v1']],
      ['/started', followed],
      ['/started', 'one'],
      ['/success', followed],
    ])
  })

  test('what did not happen after all is not told', async () => {
    await w.create({ url: w.receiver.url })
    const undone = w.db.transaction().execute(async (tx) => {
      await w.world.log.recordIn(tx, {
        ...{ kind: 'push_repo', account: null, actor: w.actor(), repositoryId: w.repository.id },
        metadata: { tag: 'v1' },
      })
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    await w.world.step()()
    expect(w.receiver.posts).toEqual([])
  })

  test('three failures in a row disable it, the rest is skipped, and a reset enables it', async () => {
    const { uuid } = await w.create({ url: w.receiver.url })
    w.receiver.answers.push(500, 302, 404)
    await w.push('v1')
    const step = w.world.step()
    for (const failures of [1, 2, 3]) {
      await step()
      await step()
      expect(await w.failuresOf(uuid)).toBe(failures)
      w.pass(30_000)
    }
    await w.world.notifications.test(w.where(), uuid)
    await w.push('v2')
    await step()
    expect(w.receiver.posts).toHaveLength(3)
    const [example, first] = await w.world.notifications.deliveries(w.where(), uuid)
    expect(example).toMatchObject({ state: 'skipped', is_test: 1, attempts: [] })
    expect(first).toMatchObject({ state: 'failed', next_attempt_at: null })
    expect(first?.attempts.map(({ status }) => status)).toEqual([500, 302, 404])
    expect(first?.attempts[1]?.message).toContain('redirects are not followed')
    await expect(w.world.notifications.resend(w.where(), uuid, first?.uuid ?? '')).rejects.toThrow()

    await w.world.notifications.reset(w.where(), w.actor(), uuid)
    await w.world.notifications.resend(w.where(), uuid, first?.uuid ?? '')
    await step()
    expect(w.receiver.posts.at(-1)?.body).toMatchObject({ updated_tags: ['v1'] })
    expect(await w.failuresOf(uuid)).toBe(0)
  })

  test('a success after failures counts from the beginning again', async () => {
    const { uuid } = await w.create({ url: w.receiver.url })
    w.receiver.answers.push(500, 500)
    await w.push('v1')
    const step = w.world.step()
    for (let turn = 0; turn < 3; turn++) {
      await step()
      w.pass(30_000)
    }
    const { state, attempts } = await w.lastOf(uuid)
    expect([state, attempts.length, await w.failuresOf(uuid)]).toEqual(['delivered', 3, 0])
  })

  test('of several servers one sends it, and what one left is sent by another', async () => {
    const { uuid } = await w.create({ url: w.receiver.url })
    for (let count = 0; count < 10; count++) await w.push(`v${String(count)}`)
    await Promise.all([w.world.step()(), w.world.step()(), w.world.step()()])
    await w.world.step()()
    expect(w.receiver.posts).toHaveLength(10)

    await w.push('last')
    const { promise: asked, resolve } = Promise.withResolvers<undefined>()
    const { promise: never, resolve: release } = Promise.withResolvers<number>()
    w.receiver.answers.push(() => {
      resolve(undefined)
      return never
    })
    const hanging = w.world.step(30_000)()
    await asked
    await w.world.step()()
    expect(w.receiver.posts).toHaveLength(11)
    w.pass(90_000)
    await w.world.step()()
    expect(w.receiver.posts.slice(-2).map(({ body }) => body)).toMatchObject([
      ...[{ updated_tags: ['last'] }, { updated_tags: ['last'] }],
    ])
    release(500)
    await hanging
    expect(await w.lastOf(uuid)).toMatchObject({ state: 'delivered' })
    expect(await w.failuresOf(uuid)).toBe(0)
  })

  test('a receiver that takes its time holds nobody else up', async () => {
    await w.create({ url: `${w.receiver.url}/slow` })
    await w.push('v1')
    const { promise: never, resolve: release } = Promise.withResolvers<number>()
    const { promise: asked, resolve } = Promise.withResolvers<undefined>()
    w.receiver.answers.push(() => {
      resolve(undefined)
      return never
    })
    const { promise: second, resolve: heard } = Promise.withResolvers<undefined>()
    w.receiver.answers.push(() => {
      heard(undefined)
      return Promise.resolve(200)
    })
    const fast = await w.create({ url: `${w.receiver.url}/fast` })
    await w.push('v2')
    const running = w.world.step()()
    await asked
    await second
    release(200)
    await running
    expect(await w.lastOf(fast.uuid)).toMatchObject({ state: 'delivered' })
    expect(w.receiver.posts.map(({ path }) => path)).toEqual(['/slow', '/fast', '/slow'])
  })

  test('an attempt that is broken off by the end of the server costs nothing', async () => {
    const { uuid } = await w.create({ url: w.receiver.url })
    await w.push('v1')
    const stopping = new AbortController()
    w.receiver.answers.push(() => {
      stopping.abort()
      return new Promise(() => undefined)
    })
    await w.world.step()(stopping.signal)
    expect(await w.lastOf(uuid)).toMatchObject({ state: 'waiting', attempts_left: 5, attempts: [] })
    await w.world.step()()
    expect(await w.lastOf(uuid)).toMatchObject({ state: 'delivered' })
  })

  test('what was sent is kept for a while, and not for ever', async () => {
    const { uuid } = await w.create({ url: w.receiver.url })
    for (let count = 0; count < 25; count++) await w.push(`v${String(count)}`)
    await w.world.step()()
    const kept = await w.world.notifications.deliveries(w.where(), uuid)
    expect(kept).toHaveLength(20)
    expect(JSON.parse(kept[0]?.event_json ?? '')).toMatchObject({ updated_tags: ['v24'] })
  })

  test('a repository that is being deleted tells nothing any more', async () => {
    const { uuid } = await w.create({ url: w.receiver.url })
    await w.push('v1')
    await w.db
      .updateTable('repository')
      .set({ state: 'MARKED_FOR_DELETION' })
      .where('id', '=', w.repository.id)
      .execute()
    await w.world.step()()
    expect([w.receiver.posts, (await w.lastOf(uuid)).state]).toEqual([[], 'skipped'])
    await repositoryStore(w.db).delete(w.repository.id)
    const left = await w.db.selectFrom('notificationdelivery').select('id').limit(1).execute()
    expect(left).toEqual([])
  })

  test('what another key sealed fails, and says so', async () => {
    const { uuid } = await w.create({ url: w.receiver.url })
    await w.db.updateTable('repositorynotification').set({ config_encrypted: 'v1$$AAAA' }).execute()
    await w.push('v1')
    await w.world.step()()
    expect((await w.lastOf(uuid)).attempts).toMatchObject([{ code: 'unreadable' }])
    expect((await w.world.notifications.get(w.where(), uuid)).config).toEqual({})
  })
})
