import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { isProblem, messageOf, Problem } from '../../problem.ts'
import { createLease } from '../../work/lease.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { AccountService } from './account-service.ts'
import type { AccountRow } from './account-store.ts'

export type FirstUserService = ReturnType<typeof createFirstUserService>

/** Draws a token of an application `automation` that may do everything for 9000 seconds. */
export type DrawAutomationToken = (account: AccountRow) => Promise<string>

export interface FirstUser {
  readonly username: string
  readonly password: string
  readonly email: string | null
  readonly withToken: boolean
}

/** `POST /user/initialize`: the first account of an empty registry, made by a script. */
export function createFirstUserService({
  db,
  clock,
  random,
  accounts,
  drawToken,
}: {
  db: Db
  clock: Clock
  random: Random
  accounts: AccountService
  drawToken: DrawAutomationToken
}) {
  return {
    /** @throws Problem `rule-violated` */
    async initialize(
      user: FirstUser,
      by: Actor,
    ): Promise<{ account: AccountRow; token: string | undefined }> {
      const lease = createLease({ db, clock, name: 'user-initialize', holder: random.uuid() })
      // Of two at once only one finds the registry empty.
      if (!(await lease.hold()) || (await accounts.hasUsers())) {
        throw new Problem('rule-violated', {
          message: 'Cannot initialize user in a non-empty database',
        })
      }
      try {
        const account = await accounts.createUser(user, by)
        return { account, token: user.withToken ? await drawToken(account) : undefined }
      } catch (error) {
        if (!isProblem(error)) throw error
        throw new Problem('rule-violated', {
          message: `Failed to initialize user: ${messageOf(error, error.code)}`,
        })
      } finally {
        await lease.release()
      }
    },
  }
}
