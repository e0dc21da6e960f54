import { beforeAll, beforeEach, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { deletedNamespaceStore } from '../accounts/deleted-namespace-store.ts'
import { mirrorClaimStore, type Kind } from './mirror-claim-store.ts'
import { releasedAfter, syncStatus, type SyncStatus } from './mirror-status.ts'
import { mirrorStore, type MirrorRow } from './mirror-store.ts'
import { createMirrorWorker } from './mirror-worker.ts'

const lifeMs = 30_000

describeDatabases('mirrors that are handed out', (open) => {
  let database: Database
  let db: Db
  let now = 1_000_000
  let repositoryId = 0
  let robotId = 0
  let drawn = 0
  const next = () => `transaction-${String(++drawn)}`

  let namespaceId = 0

  beforeAll(async () => {
    database = await open()
    db = database.db
    const account = (username: string) =>
      db
        .insertInto('user')
        .values({
          ...{ uuid: username, username, email: null, password_hash: null },
          ...{ removed_tag_expiration_s: 0, created_at: now, last_accessed: null },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
    namespaceId = (await account('acme')).id
    robotId = (await account('acme+mirror')).id
  })

  beforeEach(async () => {
    now = 1_000_000
    await db.deleteFrom('repository').execute()
    const repository = await db
      .insertInto('repository')
      .values({
        ...{ namespace_user_id: namespaceId, name: 'web', full_name: 'acme/web', state: 'MIRROR' },
        ...{ visibility: 'private', description: null, created_at: now },
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    repositoryId = repository.id
  })

  async function mirror(changes: Partial<MirrorRow> = {}): Promise<MirrorRow> {
    const made = await mirrorStore(db).insert({
      ...{ repository_id: repositoryId, robot_user_id: robotId },
      ...{ external_reference: 'quay.io/acme/web', upstream_host: 'quay.io' },
      ...{ username_encrypted: null, password_encrypted: null, upstream_json: '{}' },
      ...{ patterns_json: '["*"]', rules_json: '{}', architectures_json: '[]', timeout_s: 300 },
      ...{ is_enabled: 1, interval_s: 60, start_at: now, status: syncStatus.neverRun },
      ...{ retries: 3, expires_at: null, transaction_id: next(), last_run_id: null },
      ...{ last_success_at: null, referrers_checked_at: null, created_at: now },
      ...changes,
    })
    if (made === undefined) throw new Error('the mirror is there already')
    return made
  }

  const eligible = async (kind: Kind) =>
    (await mirrorClaimStore(db).listEligible(kind, now, 10)).length

  const claim = ({ id, transaction_id: transactionId }: MirrorRow) =>
    mirrorClaimStore(db).claim(
      { id, transactionId },
      { next: next(), now, expiresAt: now + lifeMs },
    )

  const claimed = async (from: MirrorRow) => {
    const found = await claim(from)
    if (found === undefined) throw new Error('somebody else was first')
    return { row: found, claim: { id: found.id, transactionId: found.transaction_id } }
  }

  const statusNow = async () => (await mirrorStore(db).find(repositoryId))?.status

  it('go to one of those who ask at once', async () => {
    const found = await mirror()
    const asked = await Promise.all([claim(found), claim(found), claim(found)])
    expect(asked.filter((one) => one !== undefined)).toHaveLength(1)
    expect(await eligible('due')).toBe(0)
    expect(await eligible('lost')).toBe(0)
  })

  it.each([
    ['due', {}, 'due'],
    ['due after a failure', { status: syncStatus.failed, retries: 1 }, 'due'],
    ['not due yet', { start_at: 2_000_000 }, undefined],
    ['disabled', { is_enabled: 0 }, undefined],
    ['out of retries', { retries: 0 }, undefined],
    ['cancelled', { status: syncStatus.cancelled, start_at: null, retries: 0 }, undefined],
    ['asked for', { status: syncStatus.requested, is_enabled: 0, start_at: null }, 'requested'],
  ] satisfies [string, Partial<MirrorRow>, Kind | undefined][])(
    'are there to be run when they are %s: %o',
    async (_what, changes, expected) => {
      await mirror(changes)
      for (const kind of ['due', 'requested', 'lost'] as const) {
        expect(await eligible(kind)).toBe(kind === expected ? 1 : 0)
      }
    },
  )

  it('are not run while their repository is in another state', async () => {
    await mirror()
    await db.updateTable('repository').set({ state: 'NORMAL' }).execute()
    expect(await eligible('due')).toBe(0)
  })

  it('are taken over once their worker has been silent for long enough', async () => {
    const mine = await claimed(await mirror())
    now += lifeMs - 1
    expect(await claim(mine.row)).toBeUndefined()
    expect(await mirrorClaimStore(db).renew(mine.claim, now + lifeMs)).toBe(true)
    now += lifeMs
    expect(await eligible('lost')).toBe(1)
    const yours = await claimed(mine.row)
    expect(yours.row.takeovers).toBe(1)
    expect(await mirrorClaimStore(db).renew(mine.claim, now + lifeMs)).toBe(false)
    expect(await mirrorClaimStore(db).isOwn(mine.claim)).toBe(false)
    expect(await mirrorClaimStore(db).isOwn(yours.claim)).toBe(true)
  })

  it('are nobody to run any more once their namespace is being deleted', async () => {
    const mine = await claimed(await mirror())
    expect(await mirrorClaimStore(db).isOwn(mine.claim)).toBe(true)
    const namespace = { namespace_user_id: namespaceId, original_username: 'acme' }
    await deletedNamespaceStore(db).insert({
      ...{ ...namespace, original_email: null, marked_at: now, purge_after: now },
    })
    try {
      expect(await mirrorClaimStore(db).isOwn(mine.claim)).toBe(false)
    } finally {
      await db.deleteFrom('deletednamespace').execute()
    }
  })

  it('are handed back without that counting as a worker that was gone', async () => {
    let mine = await claimed(await mirror())
    for (let time = 0; time < 3; time++) {
      await mirrorClaimStore(db).handBack(mine.claim, now)
      expect(await eligible('lost')).toBe(1)
      mine = await claimed(mine.row)
      expect(mine.row.takeovers).toBe(0)
    }
  })

  it('are let go of by who has them only, and come again at their next slot', async () => {
    const { row, claim: mine } = await claimed(await mirror())
    const after = releasedAfter(
      'success',
      { startAt: row.start_at, intervalMs: 60_000, retries: row.retries },
      now + 5_000,
    )
    const strange = { ...mine, transactionId: 'another' }
    expect(await mirrorClaimStore(db).release(strange, after, { next: next() })).toBe(false)
    expect(await mirrorClaimStore(db).release(mine, after, { next: next(), successAt: now })).toBe(
      true,
    )
    expect(await eligible('due')).toBe(0)
    now += 60_000
    expect(await eligible('due')).toBe(1)
  })

  it('are cancelled whoever has them, and then asked for again', async () => {
    const { row, claim: mine } = await claimed(await mirror())
    expect(await mirrorClaimStore(db).request(row.id, next())).toBe(false)
    expect(await mirrorClaimStore(db).cancel(row.id, next())).toBe(true)
    expect(await statusNow()).toBe(syncStatus.cancelled satisfies SyncStatus)
    expect(await mirrorClaimStore(db).renew(mine, now + lifeMs)).toBe(false)
    expect(await mirrorClaimStore(db).isCancelled(row.id)).toBe(true)
    expect(await mirrorClaimStore(db).cancel(row.id, next())).toBe(false)
    expect(await mirrorClaimStore(db).request(row.id, next())).toBe(true)
    expect(await eligible('requested')).toBe(1)
  })

  it('are not begun a second time by who still has a run of theirs', async () => {
    const started: number[] = []
    const running = new Set<number>()
    const worker = createMirrorWorker({
      ...{ database, random: systemRandom, clock: { now: () => now } },
      log: createLogger('silent'),
      runner: {
        count: () => running.size,
        isRunning: (id) => running.has(id),
        start: ({ id }) => {
          started.push(id)
          running.add(id)
        },
        close: () => Promise.resolve(),
      },
      metrics: { works: () => undefined, due: () => undefined },
      isReadOnly: () => false,
      config: { mirrors: { everyMs: 1_000 } },
      wake: () => undefined,
    })
    const { id } = await mirror()
    await worker.step()
    expect(started).toEqual([id])

    // The machine slept, or somebody set its clock.
    now += 10 * lifeMs
    await worker.step()
    // Cancelled, and asked for again before the run has ended.
    await mirrorClaimStore(db).cancel(id, next())
    await mirrorClaimStore(db).request(id, next())
    await worker.step()
    expect(started).toEqual([id])

    running.delete(id)
    await worker.step()
    expect(started).toEqual([id, id])
    await worker.close()
  })

  it('hold their robot until their repository is deleted', async () => {
    await mirror()
    expect(await mirrorStore(db).isRobotInUse(robotId)).toBe(true)
    expect(await mirrorStore(db).isRobotOf(repositoryId, robotId)).toBe(true)
    await db.updateTable('repository').set({ state: 'MARKED_FOR_DELETION' }).execute()
    expect(await mirrorStore(db).isRobotInUse(robotId)).toBe(false)
    await db.deleteFrom('repository').execute()
    expect(await mirrorStore(db).find(repositoryId)).toBeUndefined()
  })
})
