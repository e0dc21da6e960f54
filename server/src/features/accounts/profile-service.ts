import type { Config, FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { AccountMails } from '../mail/account-mails.ts'
import { requireEmail, requirePassword } from './account-names.ts'
import { accountStore, type AccountChanges, type AccountRow } from './account-store.ts'
import { emailConfirmationStore } from './email-confirmation-store.ts'
import type { EmailConfirmationService } from './email-confirmation-service.ts'
import { renameNamespace } from './namespace-change-service.ts'
import type { Passwords } from './password.ts'
import { promptStore } from './prompt-store.ts'

export type ProfileService = ReturnType<typeof createProfileService>

export interface ProfileChanges {
  readonly password?: string | undefined
  readonly email?: string | undefined
  readonly username?: string | undefined
  readonly invoice_email?: boolean | undefined
  readonly invoice_email_address?: string | null | undefined
  readonly tag_expiration_s?: number | undefined
  readonly given_name?: string | null | undefined
  readonly family_name?: string | null | undefined
  readonly company?: string | null | undefined
  readonly location?: string | null | undefined
}

export type ProfileRules = Pick<
  Config,
  'tagExpirationOptionsMs' | 'superUsers' | 'globalReadonlySuperUsers'
> & {
  readonly features: Pick<
    FeatureConfig,
    'mailing' | 'userRename' | 'usernameConfirmation' | 'userMetadata' | 'changeTagExpiration'
  >
}

/** One change: what is stored, and what the action log says about it. */
interface Change {
  readonly kind: LogKind
  readonly store: AccountChanges
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What people change about themselves (api-shapes, 3.2): all of it, or nothing. */
export function createProfileService({
  db,
  random,
  passwords,
  audit,
  mails,
  confirmations,
  config,
}: {
  db: Db
  random: Random
  passwords: Passwords
  audit: AuditLog
  mails: AccountMails
  confirmations: EmailConfirmationService
  config: ProfileRules
}) {
  const { features } = config
  /** Names that the configuration gives rights to: who has one was not renamed to it. */
  const privileged = new Set([...config.superUsers, ...config.globalReadonlySuperUsers])

  /** An address that is not the account's own yet. @throws Problem `email-invalid` */
  async function newAddress(account: AccountRow, email: string | undefined) {
    if (email === undefined || email === account.email) return undefined
    requireEmail(email)
    if (await accountStore(db).isEmailTaken(email)) throw addressTaken()
    return email
  }

  async function passwordChange(password: string): Promise<Change> {
    requirePassword(password)
    return {
      kind: 'account_change_password',
      // Every session names the account by this id; the caller's own is told the new one.
      store: { password_hash: await passwords.hash(password), uuid: random.uuid() },
      metadata: {},
    }
  }

  function tagExpiration(seconds: number | undefined): Change[] {
    if (seconds === undefined || !features.changeTagExpiration) return []
    if (!config.tagExpirationOptionsMs.includes(seconds * 1_000)) {
      throw new Problem('rule-violated', { message: 'Invalid tag expiration option' })
    }
    return [
      {
        kind: 'user_change_tag_expiration',
        store: { removed_tag_expiration_s: seconds },
        metadata: { tag_expiration: seconds },
      },
    ]
  }

  function metadata(changes: ProfileChanges): Change[] {
    if (!features.userMetadata) return []
    const { given_name, family_name, company, location } = changes
    const sent = Object.fromEntries(
      Object.entries({ given_name, family_name, company, location }).filter(
        ([, value]) => value !== undefined,
      ),
    ) as AccountChanges
    return Object.keys(sent).length === 0
      ? []
      : [{ kind: 'user_change_metadata', store: sent, metadata: { ...sent } }]
  }

  async function rename(tx: Db, account: AccountRow, username: string | undefined, by: Actor) {
    if (username === undefined) return account
    const prompts = await promptStore(tx).list(account.id)
    const isAsked = features.usernameConfirmation && prompts.includes('confirm_username')
    if (!features.userRename && !isAsked) return account
    if (username === account.username) {
      await promptStore(tx).remove(account.id, ['confirm_username'])
      return account
    }
    if (privileged.has(username)) {
      throw new Problem('namespace-taken', { username, message: 'Username is already in use' })
    }
    const renamed = await renameNamespace(tx, account, username)
    await audit.recordIn(tx, {
      kind: 'user_change_name',
      account: renamed,
      actor: by,
      metadata: { old_username: account.username },
    })
    return renamed
  }

  return {
    /**
     * @returns the account as it is now; its `uuid` is another one when the password was changed.
     * @throws Problem about the first change that cannot be
     */
    async change(account: AccountRow, changes: ProfileChanges, by: Actor): Promise<AccountRow> {
      const email = await newAddress(account, changes.email)
      const changeAtOnce = email !== undefined && !features.mailing
      const prepared: Change[] = [
        ...(changes.password === undefined ? [] : [await passwordChange(changes.password)]),
        ...(changeAtOnce
          ? [
              {
                kind: 'user_change_email' as const,
                store: { email },
                metadata: { email, old_email: account.email },
              },
            ]
          : []),
        ...invoicing(changes),
        ...tagExpiration(changes.tag_expiration_s),
        ...metadata(changes),
      ]
      const after = await db.transaction().execute(async (tx) => {
        if (changeAtOnce && (await accountStore(tx).isEmailTaken(email))) throw addressTaken()
        let current = await rename(tx, account, changes.username, by)
        for (const { kind, store, metadata: about } of prepared) {
          current = await accountStore(tx).update(account.id, store)
          await audit.recordIn(tx, { kind, account: current, actor: by, metadata: about })
        }
        if (prepared.some(({ kind }) => kind === 'user_change_metadata')) {
          await promptStore(tx).remove(account.id, ['enter_name', 'enter_company'])
        }
        if (changes.password !== undefined) await emailConfirmationStore(tx).removeOf(account.id)
        return current
      })
      if (changes.password !== undefined) mails.passwordChanged(account.email, after.username)
      if (email !== undefined && !changeAtOnce) await confirmations.requestChange(after, email)
      return after
    },
  }
}

function invoicing({ invoice_email, invoice_email_address }: ProfileChanges): Change[] {
  const kind = 'user_change_invoicing'
  const address = invoice_email_address === '' ? null : invoice_email_address
  if (address) requireEmail(address)
  return [
    ...(invoice_email === undefined
      ? []
      : [
          {
            kind,
            store: { invoice_email: invoice_email ? 1 : 0 },
            metadata: { invoice_email },
          } as const,
        ]),
    ...(address === undefined
      ? []
      : [
          {
            kind,
            store: { invoice_email_address: address },
            metadata: { invoice_email_address: address },
          } as const,
        ]),
  ]
}

const addressTaken = () => new Problem('email-invalid', { message: 'E-mail address already used' })
