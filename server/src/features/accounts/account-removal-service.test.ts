import { beforeEach, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { systemRandom } from '../../platform/random.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'
import {
  createAccountRemovalService,
  type AccountRemovalService,
} from './account-removal-service.ts'
import { createNamespaceDeletionService } from './namespace-deletion-service.ts'

describeDatabases('the end of an account', (open) => {
  let world: World
  let removals: AccountRemovalService
  beforeEach(async () => {
    const { db } = await open()
    world = createWorld({ db })
    const clock = { now: () => 1_800_000_000_000 }
    const collection = { everyMs: 1, graceMs: 0, graceNamespaces: [] }
    removals = createAccountRemovalService({
      ...{ db, clock, random: systemRandom, audit: world.audit },
      namespaceDeletion: createNamespaceDeletionService({
        ...{ db, random: systemRandom, config: { collection } },
      }),
    })
    await world.user('ada')
    await world.user('bob')
  })

  it('comes once, of whoever asks for it twice at the same moment', async () => {
    const ada = await world.namespace('ada')
    const results = await Promise.allSettled([
      removals.removeOwn(ada, system),
      removals.removeOwn(ada, system),
    ])
    const failures = results.filter((result) => result.status === 'rejected')
    expect(failures).toMatchObject([{ reason: { code: 'not-found' } }])
    expect((await world.log()).map(({ kind }) => kind)).toEqual(['user_delete'])
  })

  it('waits until somebody else administers the organizations', async () => {
    await world.organization('acme', 'ada')
    const [ada, { id: bob }] = [await world.namespace('ada'), await world.namespace('bob')]
    const message = (verb: string) => ({
      code: 'rule-violated',
      detail: {
        message: `Cannot ${verb} ada as you are the only admin for organizations: acme`,
      },
    })
    await expect(removals.removeOwn(ada, system)).rejects.toMatchObject(message('delete'))
    await expect(removals.convert(ada, bob, system)).rejects.toMatchObject(message('convert'))
    await removals.remove(ada, system)
    expect(await world.accounts.find('ada')).toBeUndefined()
  })
})
