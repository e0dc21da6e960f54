import { expect, test } from 'vitest'

import { describeDatabases } from './database-suite.ts'
import { prepared } from './prepared.ts'

describeDatabases('a prepared query', (open) => {
  const kindsBetween = () => {
    let builds = 0
    const find = prepared<{ first: number; last: number; limit: number }>()((param, db) => {
      builds++
      return db
        .selectFrom('logentrykind')
        .select('name')
        .where('id', '>=', param('first'))
        .where('id', '<=', param('last'))
        .where('name', '!=', 'account_change_plan')
        .orderBy('id')
        .limit(param('limit'))
    })
    return { find, builds: () => builds }
  }

  test('is built once and takes new values each time, inside a transaction too', async () => {
    const { db } = await open()
    const { find, builds } = kindsBetween()
    expect(await find(db, { first: 1, last: 4, limit: 10 })).toEqual([
      { name: 'account_change_cc' },
      { name: 'account_change_password' },
      { name: 'account_convert' },
    ])
    expect(await find(db, { first: 41, last: 50, limit: 1 })).toEqual([{ name: 'pull_repo' }])
    const inside = await db
      .transaction()
      .execute(async (tx) => find(tx, { first: 42, last: 42, limit: 1 }))
    expect(inside).toEqual([{ name: 'push_repo' }])
    expect(builds()).toBe(1)
  })

  test('runs in the transaction it is given', async () => {
    const { db } = await open()
    const find = prepared<{ digest: string }>()((param, q) =>
      q.selectFrom('blob').select('digest').where('digest', '=', param('digest')),
    )
    const rolledBack = db.transaction().execute(async (tx) => {
      await tx
        .insertInto('blob')
        .values({ digest: 'sha256:aa', size_bytes: 1, created_at: 1 })
        .execute()
      expect(await find(tx, { digest: 'sha256:aa' })).toEqual([{ digest: 'sha256:aa' }])
      throw new Error('undo')
    })
    await expect(rolledBack).rejects.toThrow('undo')
    expect(await find(db, { digest: 'sha256:aa' })).toEqual([])
  })
})
