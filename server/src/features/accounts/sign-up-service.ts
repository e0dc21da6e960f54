import type { FeatureConfig } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { AccountService } from './account-service.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import type { EmailConfirmationService } from './email-confirmation-service.ts'
import { teamInviteStore } from './team-invite-store.ts'

export type SignUpService = ReturnType<typeof createSignUpService>

export interface SignUp {
  readonly username: string
  readonly password: string
  readonly email?: string | undefined
  /** Of an invitation to a team that was sent to an address. */
  readonly inviteCode?: string | undefined
}

/** Accounts that people make for themselves (api-shapes, 3.3). */
export function createSignUpService({
  db,
  accounts,
  confirmations,
  config: { features },
}: {
  db: Db
  accounts: AccountService
  confirmations: EmailConfirmationService
  config: {
    readonly features: Pick<FeatureConfig, 'mailing' | 'inviteOnlyUserCreation' | 'userMetadata'>
  }
}) {
  /** Whether the holder of a code reads the mails of an address. */
  async function isInvited(email: string | null, code: string | undefined): Promise<boolean> {
    if (email === null || code === undefined || code === '') return false
    return (await teamInviteStore(db).findByCode(code))?.email === email
  }

  return {
    /**
     * @returns the account, which has to confirm its address first when `verified` is 0.
     * @throws Problem about the name, the address or the password; `mail-failed`
     */
    async signUp(
      { username, password, email, inviteCode }: SignUp,
      by: Actor,
    ): Promise<AccountRow> {
      const address = email === undefined || email === '' ? null : email
      const holder = await accountStore(db).find(username)
      if (holder?.organization === 0 && holder.robot === 0) {
        throw new Problem('namespace-taken', { message: 'The username already exists' })
      }
      if (features.mailing && address === null) {
        throw new Problem('request-invalid', { message: 'Email address is required' })
      }
      const invited = await isInvited(address, inviteCode)
      if (features.inviteOnlyUserCreation && !invited) {
        const message = inviteCode
          ? 'Creation of a user account for this e-mail is disabled; please contact an administrator'
          : 'Cannot create non-invited user'
        throw new Problem('request-invalid', { message })
      }
      const verified = !features.mailing || invited
      const account = await accounts.createUser(
        {
          username,
          password,
          email: address,
          verified,
          prompts: features.userMetadata ? ['enter_name', 'enter_company'] : [],
        },
        by,
      )
      if (!verified && address !== null) await confirmations.requestConfirmation(account, address)
      return account
    },

    /** The code of an invitation that was sent to an address confirms the address. */
    async confirmByInvite(
      account: AccountRow,
      inviteCode: string | undefined,
    ): Promise<AccountRow> {
      if (account.verified === 1 || !(await isInvited(account.email, inviteCode))) return account
      return accountStore(db).update(account.id, { verified: 1 })
    },
  }
}
