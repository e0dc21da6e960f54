import { beforeAll, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { systemRandom as random } from '../../platform/random.ts'
import { accountStore } from '../accounts/account-store.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { tagStore } from '../tags/tag-store.ts'
import { parseDigest } from '../../storage/digest.ts'
import { watchImageExpiry } from './image-expiry-service.ts'
import { createRepoEvents } from './repo-events-service.ts'
import { repoNotificationStore } from './repo-notification-store.ts'

const dayMs = 86_400_000
const everyMs = 300 * 60_000

describeDatabases('images that expire', (open) => {
  let db: Db
  let now = 1_000 * dayMs
  let repositoryId = 0
  let notificationId = 0
  let look: () => Promise<unknown>

  beforeAll(async () => {
    ;({ db } = await open())
    const clock = { now: () => now }
    const owner = await accountStore(db).insert({
      ...{ kind: 'user', username: 'ada', uuid: 'ada', email: null, passwordHash: null },
      ...{ removedTagExpirationMs: 0, createdAt: 0 },
    })
    const repository = await repositoryStore(db).insert({
      ...{ namespaceId: owner?.id ?? 0, name: 'web', fullName: 'ada/web' },
      ...{ visibility: 'private', description: null, createdAt: 0 },
    })
    repositoryId = repository?.id ?? 0
    const { id } = await repoNotificationStore(db).insert({
      ...{ uuid: 'n', repository_id: repositoryId, event: 'repo_image_expiry', method: 'webhook' },
      ...{ title: null, config_encrypted: '', event_config_json: '{"days":7}', created_at: now },
    })
    notificationId = id
    const place = { serverHostname: 'registry.example', urlScheme: 'https' } as const
    const events = createRepoEvents({ clock, random, place })
    const step = watchImageExpiry({ db, clock, events, everyMs, isResting: () => false })
    look = () => step()
  })

  const told = async () => {
    const rows = await db
      .selectFrom('notificationdelivery')
      .select('event_json')
      .where('notification_id', '=', notificationId)
      .orderBy('id')
      .execute()
    await db.deleteFrom('notificationdelivery').execute()
    return rows.map(({ event_json }) => JSON.parse(event_json) as { tags: string[] })
  }

  test('are told once for every end, when it is near, and not before the time is over', async () => {
    const digest = parseDigest(`sha256:${'a'.repeat(64)}`)
    const manifestId = await manifestStore(db).insert(
      {
        ...{ repositoryId, digest, bytes: Buffer.from('{}'), mediaType: 'm', annotations: {} },
        ...{ configMediaType: undefined, artifactType: undefined, subject: undefined },
        layersSizeBytes: 0,
      },
      now,
    )
    const tag = (name: string, days: number | null) =>
      tagStore(db).insert({
        ...{ repositoryId, name, manifestId, start: now - dayMs },
        end: days === null ? null : now + days * dayMs,
      })
    await tag('soon', 6)
    await tag('later', 9)
    await tag('never', null)
    await look()
    expect(await told()).toMatchObject([
      {
        ...{ repository: 'ada/web', tags: ['soon'], expiring_in: '7 days' },
        notification_uuid: 'n',
      },
    ])

    now += 3 * dayMs
    await look()
    expect(await told()).toMatchObject([{ tags: ['later'] }])

    const current = await tagStore(db).findCurrent(repositoryId, 'soon')
    await tagStore(db).setEnd(current?.id ?? 0, now + 5 * dayMs)
    now += everyMs - 1
    await look()
    expect(await told()).toEqual([])
    now += 1
    await Promise.all([look(), look()])
    expect(await told()).toMatchObject([{ tags: ['soon'] }])
  })

  test('are no matter of a notification that is disabled', async () => {
    for (let failures = 0; failures < 3; failures++) {
      await repoNotificationStore(db).addFailure(notificationId)
    }
    now += 2 * dayMs
    await db.deleteFrom('tagnotificationsuccess').execute()
    await look()
    expect(await told()).toEqual([])
  })
})
