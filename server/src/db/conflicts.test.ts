import { expect, test } from 'vitest'

import { isConflict } from './conflicts.ts'
import { describeDatabases } from './database-suite.ts'

describeDatabases('a conflict', (open) => {
  test('is a name that somebody else took, or a row that is gone', async () => {
    const { db } = await open()
    const application = (organization: number) =>
      db
        .insertInto('oauthapplication')
        .values({
          client_id: 'one',
          client_secret_encrypted: '',
          organization_id: organization,
          name: 'ci',
          avatar_email: null,
          created_at: 1,
        })
        .execute()
    const blob = () =>
      db.insertInto('blob').values({ digest: 'sha256:aa', size_bytes: 1, created_at: 1 }).execute()
    await blob()
    await expect(blob()).rejects.toSatisfy(isConflict)
    await expect(application(5)).rejects.toSatisfy(isConflict)
  })

  test('is no other error', async () => {
    const { db } = await open()
    const wrong = db
      .selectFrom('blob')
      .select('nothing' as 'id')
      .execute()
    await expect(wrong).rejects.not.toSatisfy(isConflict)
    expect(isConflict(undefined)).toBe(false)
    expect(isConflict(new Error('x'))).toBe(false)
  })
})
