import { createHash } from 'node:crypto'

import { LRUCache } from 'lru-cache'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { AccountMails } from '../mail/account-mails.ts'
import { accountListStore } from './account-list-store.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { emailConfirmationStore, type EmailConfirmationRow } from './email-confirmation-store.ts'

export type EmailConfirmationService = ReturnType<typeof createEmailConfirmationService>

export type RecoveryAnswer =
  { readonly kind: 'sent' } | { readonly kind: 'organization'; readonly name: string }

const day = 24 * 3_600_000
const codeBytes = 32
/** How soon the same account may be sent another mail that anybody can ask for. */
const mailEveryMs = 60_000
const remindedAtMost = 10_000
const adminsAtMost = 50
const removedAtOnce = 500

/** Codes that show who reads the mails of an address. They work once, and are kept as digests. */
export function createEmailConfirmationService({
  db,
  clock,
  random,
  audit,
  mails,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  audit: AuditLog
  mails: AccountMails
  config: Pick<Config, 'recoveryLinkLifeMs'>
}) {
  const lifeMs = { verify: 7 * day, change: day, recover: config.recoveryLinkLifeMs }
  const asked = new LRUCache<number, Instant>({ max: remindedAtMost })

  async function newCode(
    userId: number,
    kind: EmailConfirmationRow['kind'],
    newEmail: string | null = null,
  ): Promise<string> {
    const code = random.bytes(codeBytes).toString('base64url')
    const now = clock.now()
    await db.transaction().execute((tx) =>
      emailConfirmationStore(tx).replace({
        code_digest: digestOf(code),
        user_id: userId,
        kind,
        new_email: newEmail,
        created_at: now,
        expires_at: now + lifeMs[kind],
      }),
    )
    return code
  }

  async function recover(account: AccountRow, email: string): Promise<void> {
    await mails.recoverAccount(email, account.username, await newCode(account.id, 'recover'))
  }

  async function recoverOrganization(organization: AccountRow, email: string): Promise<void> {
    const admins = await accountListStore(db).adminsOf(organization.id, adminsAtMost)
    mails.recoverOrganization(
      email,
      organization.username,
      admins.map(({ username }) => username),
    )
  }

  function mayAskFor(account: AccountRow): boolean {
    const now = clock.now()
    if (now - (asked.get(account.id) ?? -Infinity) < mailEveryMs) return false
    asked.set(account.id, now)
    return true
  }

  async function apply(tx: Db, row: EmailConfirmationRow, by: Omit<Actor, 'principal'>) {
    const accounts = accountStore(tx)
    const account = await accounts.findById(row.user_id)
    if (account?.enabled !== 1 || account.organization === 1) {
      throw new Problem('account-disabled', {
        message: 'This user has been disabled. Please contact your administrator.',
      })
    }
    if (row.new_email === null) return accounts.update(account.id, { verified: 1 })
    if (await accounts.isEmailTaken(row.new_email)) {
      throw new Problem('email-invalid', { message: 'E-mail address already used' })
    }
    await audit.recordIn(tx, {
      kind: 'user_change_email',
      account,
      actor: { ...by, principal: 'system' },
      metadata: { email: row.new_email, old_email: account.email },
    })
    return accounts.update(account.id, { email: row.new_email, verified: 1 })
  }

  return {
    /** Asks a new account to confirm its address. @throws Problem `mail-failed` */
    async requestConfirmation({ id, username }: AccountRow, email: string): Promise<void> {
      await mails.confirmAddress(email, username, await newCode(id, 'verify'))
    },

    /** The new address is stored when it has been confirmed. @throws Problem `mail-failed` */
    async requestChange({ id, username }: AccountRow, email: string): Promise<void> {
      await mails.confirmChange(email, username, await newCode(id, 'change', email))
    },

    /** At the wish of a superuser. @throws Problem `mail-failed` */
    requestRecovery: recover,

    /**
     * At the wish of anybody: neither the answer nor the time that it takes tells whether there is a
     * person of that address.
     */
    async requestRecoveryByAddress(email: string): Promise<RecoveryAnswer> {
      const account = await accountStore(db).findUserByEmail(email)
      if (account !== undefined) {
        if (account.enabled === 1 && mayAskFor(account)) {
          recover(account, email).catch(() => undefined)
        }
        return { kind: 'sent' }
      }
      const [organization] = await accountListStore(db).organizationsByAddress(email, 1)
      if (organization === undefined) return { kind: 'sent' }
      if (mayAskFor(organization)) await recoverOrganization(organization, email)
      return { kind: 'organization', name: organization.username }
    },

    /** @throws Problem `request-invalid`, `account-disabled`, `email-invalid` */
    async confirm(
      code: string,
      kinds: readonly EmailConfirmationRow['kind'][],
      by: Omit<Actor, 'principal'>,
    ): Promise<AccountRow> {
      const { account, changed } = await db.transaction().execute(async (tx) => {
        const row = await emailConfirmationStore(tx).take(digestOf(code))
        if (row === undefined || !kinds.includes(row.kind) || row.expires_at <= clock.now()) {
          throw new Problem('request-invalid', { message: 'Invalid or expired confirmation code' })
        }
        const before = await accountStore(tx).findById(row.user_id)
        const after = await apply(tx, row, by)
        return { account: after, changed: row.new_email === null ? undefined : before?.email }
      })
      if (changed) mails.addressChanged(changed, account.username, account.email ?? '')
      return account
    },

    /** Forgets what nobody used. */
    removeExpired: async (): Promise<'more' | 'idle'> => {
      const removed = await emailConfirmationStore(db).removeExpired(clock.now(), removedAtOnce)
      return removed === removedAtOnce ? 'more' : 'idle'
    },
  }
}

const digestOf = (code: string) => createHash('sha256').update(code).digest('hex')
