import type { Config, FeatureConfig } from '../../config/config.ts'
import { isProblem, messageOf } from '../../problem.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { CredentialsService } from '../accounts/credentials-service.ts'
import type { RecoveryCodeService } from '../accounts/recovery-code-service.ts'
import type { SignUpService } from '../accounts/sign-up-service.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { failedLoginKeys, loginKeys } from '../audit/login-keys.ts'

export type SignInService = ReturnType<typeof createSignInService>

export interface Visitor {
  readonly address: string
  readonly userAgent: string
}

export type SignInResult =
  | { readonly kind: 'signed-in'; readonly account: AccountRow }
  | { readonly kind: 'unconfirmed' }
  | { readonly kind: 'refused'; readonly message: string }

/** Logins at the form of the interface, and their ends, with what the action log says about them. */
export function createSignInService({
  accounts,
  credentials,
  signUps,
  recoveryCodes,
  audit,
  config,
}: {
  accounts: AccountService
  credentials: CredentialsService
  signUps: SignUpService
  recoveryCodes: Pick<RecoveryCodeService, 'use'>
  audit: AuditLog
  config: Pick<Config, 'audit'> & { readonly features: Pick<FeatureConfig, 'mailing'> }
}) {
  /** An account without an address has nothing to confirm. */
  const isUnconfirmed = ({ verified, email }: AccountRow) =>
    config.features.mailing && verified === 0 && email !== null

  function recordLogin(account: AccountRow, { address, userAgent }: Visitor): void {
    if (!config.audit.logins) return
    const principal = accounts.principalOf(account)
    audit.record({
      kind: 'login_success',
      account,
      actor: { principal, ip: address },
      metadata: { type: 'quayauth', ...loginKeys(principal), useragent: userAgent },
    })
  }

  function recordFailure(username: string, message: string, { address, userAgent }: Visitor): void {
    if (!config.audit.loginFailures) return
    audit.record({
      kind: 'login_failure',
      account: null,
      actor: { principal: { kind: 'anonymous' }, ip: address },
      metadata: {
        type: 'quayauth',
        ...failedLoginKeys(username),
        message,
        useragent: userAgent,
      },
    })
  }

  async function attempt(
    username: string,
    visitor: Visitor,
    work: (address: string) => Promise<AccountRow>,
  ): Promise<AccountRow | string> {
    try {
      return await work(visitor.address)
    } catch (error) {
      if (!isProblem(error, 'credentials-invalid')) throw error
      const message = messageOf(error, 'Invalid Username or Password')
      recordFailure(username, message, visitor)
      return message
    }
  }

  const verify = (
    { username, password }: { readonly username: string; readonly password: string },
    visitor: Visitor,
  ) =>
    attempt(username, visitor, (address) =>
      credentials.verifyPerson({ username, password, address }),
    )

  return {
    /** @throws Problem `login-throttled` */
    async signIn(
      given: {
        readonly username: string
        readonly password: string
        readonly inviteCode?: string | undefined
      },
      visitor: Visitor,
    ): Promise<SignInResult> {
      const verified = await verify(given, visitor)
      if (typeof verified === 'string') return { kind: 'refused', message: verified }
      const account = await signUps.confirmByInvite(verified, given.inviteCode)
      if (isUnconfirmed(account)) return { kind: 'unconfirmed' }
      recordLogin(account, visitor)
      return { kind: 'signed-in', account }
    },

    /**
     * Whoever is signed in enters the password again; a text refuses it.
     * @throws Problem `login-throttled`
     */
    verifyAgain: ({ username }: AccountRow, password: string, visitor: Visitor) =>
      verify({ username, password }, visitor),

    /**
     * With a code of the recovery kit, which also sets the password.
     * @throws Problem `login-throttled`, `password-invalid`
     */
    async recover(
      given: { readonly username: string; readonly code: string; readonly newPassword: string },
      visitor: Visitor,
    ): Promise<SignInResult> {
      const recovered = await attempt(given.username, visitor, (address) =>
        recoveryCodes.use({ ...given, address }),
      )
      if (typeof recovered === 'string') return { kind: 'refused', message: recovered }
      recordLogin(recovered, visitor)
      return { kind: 'signed-in', account: recovered }
    },

    /** Ends all sessions of an account. */
    async signOut(account: AccountRow, { address }: Visitor): Promise<void> {
      await accounts.endSessions(account.id)
      if (!config.audit.logins) return
      audit.record({
        kind: 'logout_success',
        account,
        actor: { principal: accounts.principalOf(account), ip: address },
        metadata: {},
      })
    },
  }
}
