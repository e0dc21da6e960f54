import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { createTemporaryFolder } from '../../../../test/support/temporary.ts'
import { describeDatabases } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { Secret } from '../../config/secret.ts'
import { isProblem, messageOf, Problem } from '../../problem.ts'
import { accountStore } from '../accounts/account-store.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { createNotificationService } from '../notifications/notification-service.ts'
import type { JobOutcome, JobRun } from './bundle-job.ts'
import { createBundleJobs } from './bundle-job-service.ts'
import { createBundlePlaces } from './bundle-places.ts'
import { createJobSecrets } from './job-secrets.ts'
import { createSavedSelections } from './saved-selection-service.ts'
import { createSelectionSchedule } from './selection-schedule-service.ts'

const folder = createTemporaryFolder('selections')
afterAll(() => folder.remove())
const dayMs = 24 * 3_600_000
const never = new AbortController().signal

describeDatabases('selections', (open) => {
  let world: Awaited<ReturnType<typeof createWorld>>
  beforeAll(async () => {
    world = await createWorld((await open()).db)
  })
  beforeEach(() => world.reset())

  test('run at their times, each time with what was saved', async () => {
    await world.save({ calendar: ['02:00'] })
    expect(await world.look()).toEqual([])
    await world.untilNext()
    const [run] = await world.look()
    expect(run?.options).toMatchObject({
      ...{ selection: { repositories: [{ name: 'quay/app' }] }, stream: 'site' },
      into: folder.join('places'),
    })
    expect(run?.secrets).toEqual({ upstreams: [{ host: 'far', username: 'u', password: 'p' }] })
    expect(run?.byName).toBe('ada')
    expect(await world.look()).toEqual([])
    await world.untilNext()
    expect(await world.look()).toHaveLength(1)
  })

  test('run once for all the times at which the server was off', async () => {
    await world.save({ calendar: ['02:00', '14:00'] })
    world.advance(10 * dayMs)
    expect(await world.look()).toHaveLength(1)
    expect(await world.look()).toHaveLength(0)
  })

  test('never overlap: a time that comes while the last run goes on is left out, and seen', async () => {
    const { id } = await world.save({ calendar: ['02:00'] })
    const first = await world.selections.begin(await world.selections.find(id), 'ada')
    await world.untilNext()
    expect(await world.schedule.step(never)).toBe('idle')
    const row = await world.selections.find(id)
    expect(row.last_job_id).toBe(first.id)
    expect(row.problem).toBe('Its last run has not ended. Wait for it, or cancel it.')
    expect(
      (await world.notes()).map(({ metadata_json }) => JSON.parse(metadata_json) as unknown),
    ).toEqual([{ selection: 'nightly', selection_id: id, message: row.problem }])
    await expect(world.selections.begin(row, 'ada')).rejects.toEqual(refused)
  })

  test('begin once when two come at the same moment', async () => {
    const { id } = await world.save({})
    const row = await world.selections.find(id)
    const begun = await Promise.allSettled([
      world.selections.begin(row, 'ada'),
      world.selections.begin(row, 'ada'),
    ])
    expect(begun.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('tell superusers and their owner of a failure, until a run succeeds', async () => {
    const { id } = await world.save({ calendar: ['02:00'] }, 'bob')
    world.outcome = () => Promise.reject(new Problem('rule-violated', { message: 'No medium.' }))
    for (let night = 0; night < 2; night++) {
      await world.untilNext()
      await world.look()
      await world.schedule.step(never)
    }
    expect((await world.notes()).map(({ target, kind }) => [target, kind]).sort()).toEqual([
      ['ada', 'bundle_export_failed'],
      ['bob', 'bundle_export_failed'],
    ])
    // What the failed run left was given up for the next one.
    const states = (await world.jobs.page(undefined, 10)).map(({ state }) => state)
    expect(states.sort()).toEqual(['cancelled', 'failed'])
    world.outcome = done
    await world.untilNext()
    await world.look()
    await world.schedule.step(never)
    expect(await world.notes()).toEqual([])
    expect((await world.selections.find(id)).watched_job_id).toBeNull()
  })

  test('keep a password that is not given again, and forget it with its user', async () => {
    const { id } = await world.save({})
    const passwords = async () => {
      const row = await world.selections.find(id)
      expect(JSON.stringify(row)).not.toContain('"p"')
      return world.selections.loginsOf(row).map(({ password }) => password)
    }
    const change = (username: string) =>
      world.selections.change(id, world.wish({ upstreams: [{ host: 'far', username }] }), 'ada')
    await change('u')
    expect(await passwords()).toEqual(['p'])
    await change('other')
    expect(await passwords()).toEqual([undefined])
  })

  test.each([
    [{ selection: {} }, 'Nothing is chosen.'],
    [{ calendar: ['soon'] }, '"soon" is no time'],
    [{ directory: '/etc' }, 'is no place for bundles'],
    [{ directory: folder.join('drive/exports') }, 'is not there now'],
    [{ volume_size: 'huge' }, 'huge'],
    [{ selection: { list: 'a b c' } }, 'One image'],
  ])('are refused with %j', async (change, message) => {
    const reason = await world.save(change).catch(reasonOf)
    expect(reason).toContain(message)
    expect(await world.selections.list()).toEqual([])
  })

  test('have names of their own, and take their notes along', async () => {
    const { id } = await world.save({ calendar: ['02:00'] })
    await expect(world.save({})).rejects.toEqual(refused)
    world.outcome = () => Promise.reject(new Error('broken'))
    await world.untilNext()
    await world.look()
    await world.schedule.step(never)
    expect(await world.notes()).toHaveLength(1)
    await world.selections.delete(id)
    expect(await world.notes()).toEqual([])
    await expect(world.selections.find(id)).rejects.toThrow()
  })
})

const refused: unknown = expect.toSatisfy((error: unknown) => isProblem(error, 'rule-violated'))
const reasonOf = (error: unknown) =>
  isProblem(error) ? messageOf(error, error.code) : String(error)
const done = (): Promise<JobOutcome> =>
  Promise.resolve({
    kind: 'done',
    result: {
      kind: 'export',
      bundle_id: 'B',
      path: '/',
      volumes: [],
      fingerprint: '',
      problems: [],
    },
  })

async function createWorld(db: Db) {
  let now = new Date(2026, 0, 5, 12).getTime()
  const clock = { now: () => now }
  const random = systemRandom
  const log = createLogger('silent')
  const secretBox = createSecretBox({ secretKey: new Secret('a key'), random })
  for (const username of ['ada', 'bob']) {
    await accountStore(db).insert({
      ...{ kind: 'user', username, uuid: username, email: null, passwordHash: null },
      ...{ removedTagExpirationMs: 0, createdAt: 0 },
    })
  }
  const runs: JobRun[] = []
  const world = { outcome: done }
  const place = random.uuid()
  const run = (one: JobRun) => {
    runs.push(one)
    return world.outcome()
  }
  const jobs = createBundleJobs({
    ...{ db, clock, random, log, owner: `server-${place}`, folder: folder.join(place) },
    accounts: { findPrincipal: () => Promise.resolve(undefined) },
    runners: { export: run, import: run, verify: run },
    discards: {},
    secrets: createJobSecrets({ folder: folder.join(place), secretBox }),
  })
  const places = createBundlePlaces({ roots: [folder.join('places'), folder.join('drive')] })
  const notifications = createNotificationService({ db, clock, random })
  const shared = { db, clock, random, log, jobs, notifications, owner: place }
  const selections = createSavedSelections({ ...shared, places, secretBox, host: 'here:8443' })
  const schedule = createSelectionSchedule({
    ...{ ...shared, selections, config: { superUsers: ['ada'] } },
  })
  type Wish = Parameters<typeof selections.create>[0]
  const wish = (change: Partial<Wish>): Wish => ({
    ...{ name: 'nightly', selection: { repositories: [{ name: 'quay/app' }] }, stream: 'site' },
    ...{ upstreams: [{ host: 'far', username: 'u', password: 'p' }], ...change },
  })
  return Object.assign(world, {
    ...{ jobs, selections, schedule, wish },
    async reset() {
      await db.deleteFrom('bundleselection').execute()
      await db.deleteFrom('bundlejob').execute()
      await db.deleteFrom('notification').execute()
      world.outcome = done
    },
    save: (change: Partial<Wish>, by = 'ada') => selections.create(wish(change), by),
    advance: (ms: number) => (now += ms),
    async untilNext() {
      const [row] = await selections.list()
      now = row?.next_at ?? Number.NaN
    },
    /** One look at the clock. @returns the runs that came of it */
    async look() {
      runs.length = 0
      await schedule.step(never)
      while ((await jobs.step(never)) === 'more');
      return [...runs]
    },
    notes: () =>
      db
        .selectFrom('notification')
        .innerJoin('user', 'user.id', 'notification.target_id')
        .select(['user.username as target', 'kind', 'metadata_json'])
        .execute(),
  })
}
