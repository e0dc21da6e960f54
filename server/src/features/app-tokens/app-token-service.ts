import { createHash, timingSafeEqual } from 'node:crypto'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { AccessTimes } from '../accounts/access-times-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import type { UserPrincipal } from '../accounts/principal.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { appTokenStore, type AppTokenRow } from './app-token-store.ts'

export type AppTokenService = ReturnType<typeof createAppTokenService>

export interface AppTokenWithCode {
  readonly token: AppTokenRow
  /** What a client gives as the password of `$app`. */
  readonly code: string
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const partLength = 60
const perUserAtMost = 1_000
const listedAtOnce = 500
/** Tokens that never end are compared with this life when those are asked for that end soon. */
const usualLifeMs = 28 * 24 * 3_600_000

/** Tokens that stand for the password of a person in one program (api-shapes, 3.8). */
export function createAppTokenService({
  db,
  clock,
  random,
  secretBox,
  accounts,
  audit,
  accessTimes,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  secretBox: SecretBox
  accounts: AccountService
  audit: AuditLog
  accessTimes: AccessTimes
  config: Pick<Config, 'appTokens'>
}) {
  const { lifeMs } = config.appTokens

  const withCode = (token: AppTokenRow): AppTokenWithCode => ({
    token,
    code: token.token_name + secretBox.open(token.token_secret_encrypted),
  })
  const isOver = ({ expiration }: AppTokenRow) => expiration !== null && expiration <= clock.now()
  const aboutToken = ({ title, uuid }: AppTokenRow) => ({
    app_specific_token_title: title,
    app_specific_token: uuid,
  })

  return {
    async create(owner: AccountRow, title: string, by: Actor): Promise<AppTokenWithCode> {
      const name = random.text(partLength, alphabet)
      const secret = secretBox.seal(random.text(partLength, alphabet))
      return db.transaction().execute(async (tx) => {
        const tokens = appTokenStore(tx)
        if ((await tokens.count(owner.id)) >= perUserAtMost) {
          throw new Problem('request-invalid', {
            message: `No more than ${String(perUserAtMost)} tokens are possible`,
          })
        }
        const token = await tokens.insert({
          uuid: random.uuid(),
          user_id: owner.id,
          title,
          token_name: name,
          token_secret_encrypted: secret,
          created_at: clock.now(),
          expiration: lifeMs === undefined ? null : clock.now() + lifeMs,
        })
        await audit.recordIn(tx, {
          kind: 'create_app_specific_token',
          account: owner,
          actor: by,
          metadata: aboutToken(token),
        })
        return withCode(token)
      })
    },

    list: (ownerId: number): Promise<AppTokenRow[]> =>
      appTokenStore(db).list(ownerId, perUserAtMost),

    /** Those whose last tenth has begun. */
    listExpiring(ownerId: number): Promise<AppTokenRow[]> {
      const now = clock.now()
      const soon = now + (lifeMs ?? usualLifeMs) / 10
      return appTokenStore(db).listExpiring(ownerId, now, soon, perUserAtMost)
    },

    /** Of everybody, in batches. */
    async *listAll(): AsyncGenerator<AppTokenRow[]> {
      let after = 0
      for (;;) {
        const rows = await appTokenStore(db).listAll(after, listedAtOnce)
        yield rows
        const last = rows.at(-1)
        if (last === undefined || rows.length < listedAtOnce) return
        after = last.id
      }
    },

    isExpiring(token: AppTokenRow): boolean {
      const soon = clock.now() + (lifeMs ?? usualLifeMs) / 10
      return token.expiration !== null && !isOver(token) && token.expiration <= soon
    },

    /** @throws Problem `not-found`, also for a token that is over */
    async get(ownerId: number, uuid: string): Promise<AppTokenWithCode> {
      const token = await appTokenStore(db).find(ownerId, uuid)
      if (token === undefined || isOver(token)) throw new Problem('not-found')
      return withCode(token)
    },

    /** @throws Problem `not-found` */
    async revoke(owner: AccountRow, uuid: string, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const token = await appTokenStore(tx).delete(owner.id, uuid)
        if (token === undefined) throw new Problem('not-found')
        await audit.recordIn(tx, {
          kind: 'revoke_app_specific_token',
          account: owner,
          actor: by,
          metadata: aboutToken(token),
        })
      })
    },

    /** Whom a token stands for, or what its client is told. */
    async verify(code: string): Promise<UserPrincipal | string> {
      if (code.length !== 2 * partLength) return 'Invalid token'
      const token = await appTokenStore(db).findByName(code.slice(0, partLength))
      if (token === undefined || isOver(token)) return 'Invalid token'
      const secret = secretBox.open(token.token_secret_encrypted)
      if (!isSame(code.slice(partLength), secret)) return 'Invalid token'
      const owner = await accountStore(db).findById(token.user_id)
      if (owner === undefined) return 'Invalid token'
      if (owner.enabled !== 1) {
        return 'This user has been disabled. Please contact your administrator.'
      }
      accessTimes.touch('appToken', token.id)
      return {
        ...accounts.principalOf(owner),
        via: { kind: 'app-token', uuid: token.uuid, title: token.title },
      }
    },
  }
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
