import { createHash, timingSafeEqual } from 'node:crypto'

import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { drawReadableCode, normalizeCode } from '../../platform/readable-code.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { requirePassword } from './account-names.ts'
import { accountStanding, type StandingRules } from './account-standing.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import type { AccountService } from './account-service.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { Passwords } from './password.ts'
import { recoveryCodeStore } from './recovery-code-store.ts'

/** How many there are in a kit. */
const codesInKit = 10
/** No account has this id. */
const nobody = 0
const refusal = 'Invalid username or recovery code'

export type RecoveryCodeService = ReturnType<typeof createRecoveryCodeService>

export interface UsedCode {
  readonly username: string
  readonly code: string
  readonly newPassword: string
  /** Where the client is. */
  readonly address: string
}

export interface DrawnCodes {
  /** `ABCD-EFGH-JKMN-PQRS`; known to nobody once they were shown. */
  readonly codes: readonly string[]
  readonly digests: readonly string[]
}

export function drawRecoveryCodes(random: Pick<Random, 'text'>): DrawnCodes {
  const codes = Array.from({ length: codesInKit }, () => drawReadableCode(random))
  return { codes, digests: codes.map(digestOf) }
}

/** One-time codes of people who forgot their passwords. They have 80 bits, so a plain digest does. */
export function createRecoveryCodeService({
  db,
  random,
  passwords,
  throttle,
  accounts,
  audit,
  config,
}: {
  db: Db
  random: Random
  passwords: Pick<Passwords, 'hash'>
  throttle: LoginThrottle
  accounts: Pick<AccountService, 'getUser'>
  audit: AuditLog
  config: StandingRules
}) {
  const standing = accountStanding(config)

  /** Looks at as much for a stranger and a wrong code as for a right one. */
  async function verify(
    username: string,
    digest: string,
  ): Promise<{ account: AccountRow; digest: string } | undefined> {
    const account = await accountStore(db).find(username)
    const isPerson = account?.organization === 0 && account.robot === 0
    const known = await recoveryCodeStore(db).digestsOf(account?.id ?? nobody, codesInKit)
    const padded = [...known, ...Array.from({ length: codesInKit }, () => digestOf(''))]
    const right = padded
      .slice(0, codesInKit)
      .map((one) => timingSafeEqual(Buffer.from(one), Buffer.from(digest)))
      .lastIndexOf(true)
    const found = known[right]
    const mayAct = isPerson && account.enabled === 1
    return mayAct && found !== undefined ? { account, digest: found } : undefined
  }

  return {
    /** New ones for a person; those before are void. @throws Problem `account-unknown` */
    async renew(username: string, by: Actor): Promise<readonly string[]> {
      const account = await accounts.getUser(username)
      const { codes, digests } = drawRecoveryCodes(random)
      await db.transaction().execute(async (tx) => {
        await recoveryCodeStore(tx).replace(account.id, digests)
        // There is no kind of its own: another secret that stands for the password.
        await audit.recordIn(tx, {
          ...{ kind: 'user_generate_client_key', account, actor: by },
          metadata: { recovery_codes: codes.length },
        })
      })
      return codes
    },

    /** Those that were drawn before there was an account. */
    keep: (userId: number, digests: readonly string[]): Promise<void> =>
      db.transaction().execute((tx) => recoveryCodeStore(tx).replace(userId, digests)),

    /**
     * Sets the password, ends every session and uses the code up.
     * @throws Problem `credentials-invalid`, `password-invalid`, `login-throttled`
     */
    async use({ username, code, newPassword, address }: UsedCode): Promise<AccountRow> {
      throttle.check(username, address)
      requirePassword(newPassword)
      const found = await verify(username, digestOf(code))
      if (found === undefined) {
        throttle.failed(username, address)
        throw new Problem('credentials-invalid', { message: refusal })
      }
      const passwordHash = await passwords.hash(newPassword)
      const changed = await db.transaction().execute(async (tx) => {
        const { id } = found.account
        if (!(await recoveryCodeStore(tx).take(id, found.digest))) return undefined
        const account = await accountStore(tx).update(id, {
          password_hash: passwordHash,
          uuid: random.uuid(),
        })
        await audit.recordIn(tx, {
          kind: 'account_change_password',
          account,
          actor: { principal: standing.userPrincipal(account), ip: address },
          metadata: {},
        })
        return account
      })
      // Somebody else was faster with it.
      if (changed === undefined) throw new Problem('credentials-invalid', { message: refusal })
      throttle.succeeded(username, address)
      return changed
    },
  }
}

function digestOf(code: string): string {
  return createHash('sha256').update(normalizeCode(code)).digest('base64url')
}
