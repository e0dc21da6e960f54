import pino from 'pino'
import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { systemRandom } from '../../platform/random.ts'
import { isProblem } from '../../problem.ts'
import { createAuditLog, system } from '../audit/audit-log.ts'
import { createTagWorld, type TagWorld } from '../tags/tag-world-suite.ts'
import { createFreezeService, type FreezeService } from './freeze-service.ts'
import { createPolicyService } from './policy-service.ts'

describeDatabases('immutability policies', (open) => {
  let world: TagWorld
  beforeEach(async () => {
    world = await createTagWorld(await open(), { immutableTags: true })
  })

  const freezing = () => {
    const { database, clock, matcher } = world
    return createFreezeService({ database, clock, matcher, keepsExpiry: false })
  }
  const service = (applying: FreezeService = freezing()) => {
    const { db, clock } = world
    const logger = pino({ level: 'silent' })
    const rules = {
      ...{ logins: false, loginFailures: false, pushFailures: false },
      ...{ pullFailures: false, deleteFailures: false },
      ...{ disabledNamespaces: [], pullsDisabledNamespaces: [] },
    }
    const audit = createAuditLog({
      ...{ db, clock, logger, config: { registryState: 'normal', audit: rules } },
    })
    return createPolicyService({ db, random: systemRandom, audit, freezing: applying })
  }
  const scope = () => ({ namespace: world.change.namespace, actor: system })
  const immutable = async () => {
    const { tags } = await world.lists.list(world.repository.id, 0, { onlyActive: true })
    return tags
      .filter((tag) => tag.immutable === 1)
      .map(({ name }) => name)
      .sort()
  }

  test('find every tag that is there, however many, and clear its expiry', async () => {
    const digest = await world.pushImage('one', 'seed')
    const manifest = await world.db
      .selectFrom('manifest')
      .select('id')
      .where('digest', '=', digest)
      .executeTakeFirstOrThrow()
    const names = Array.from({ length: 1_100 }, (_, at) => `v${at}`)
    for (let start = 0; start < names.length; start += 100) {
      await world.db
        .insertInto('tag')
        .values(
          names.slice(start, start + 100).map((name) => ({
            ...{ repository_id: world.repository.id, manifest_id: manifest.id },
            ...{ name, live_name: name },
            ...{ lifetime_start_ms: world.now(), lifetime_end_ms: world.now() + 1_000 },
          })),
        )
        .execute()
    }
    await service().create(scope(), { pattern: 'v.*', matches: true })
    const { count } = await world.db
      .selectFrom('tag')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('immutable', '=', 1)
      .where('lifetime_end_ms', 'is', null)
      .executeTakeFirstOrThrow()
    expect(count).toBe(1_100)
    expect(await world.endOf('seed')).toBeNull()
  })

  test('miss no tag that is pushed while they come', async () => {
    const pushes = Array.from({ length: 12 }, (_, at) => world.pushImage(`image ${at}`, `v${at}`))
    const policy = service().create(scope(), { pattern: 'v.*', matches: true })
    await Promise.all([...pushes, policy])
    await Promise.all([world.pushImage('later', 'v99')])
    expect(await immutable()).toHaveLength(13)
  })

  test('are taken back when they cannot be applied', async () => {
    const broken: FreezeService = { freeze: () => Promise.reject(new Error('no medium')) }
    const created = service(broken).create(scope(), { pattern: 'v.*', matches: true })
    await expect(created).rejects.toThrow('no medium')
    expect(await service().list(scope())).toEqual([])
    const uuid = await service().create(scope(), { pattern: 'a', matches: true })
    const changed = service(broken).update(scope(), uuid, { pattern: 'b', matches: false })
    await expect(changed).rejects.toThrow('no medium')
    expect(await service().get(scope(), uuid)).toMatchObject({
      ...{ tag_pattern: 'a', tag_pattern_matches: 1 },
    })
  })

  test('are those of one owner', async () => {
    const uuid = await service().create(scope(), { pattern: 'v.*', matches: true })
    const { repository, change } = world
    const ofRepository = { ...change, repository }
    const found = service().get(ofRepository, uuid)
    await expect(found).rejects.toSatisfy((error) => isProblem(error, 'not-found'))
    await service().create(ofRepository, { pattern: 'v.*', matches: true })
  })
})
