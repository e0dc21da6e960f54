import { getUserInformation, initializeUser, requestRecoveryEmail } from '../../contract/users.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { AccountService } from './account-service.ts'
import type { EmailConfirmationService } from './email-confirmation-service.ts'
import type { EncryptedPasswords } from './encrypted-password.ts'
import type { FirstUserService } from './first-user-service.ts'
import { redactName } from './redact-name.ts'
import type { UserView } from './user-view-service.ts'

export function usersApi({
  accounts,
  confirmations,
  firstUsers,
  encryptedPasswords,
  view,
}: {
  accounts: AccountService
  confirmations: EmailConfirmationService
  firstUsers: FirstUserService
  encryptedPasswords: EncryptedPasswords
  view: UserView
}): readonly ApiRoute[] {
  return [
    route(
      getUserInformation,
      async ({ params, caller }) => {
        const account = await accounts.find(params.username)
        if (account?.organization !== 0 || account.robot !== 0) throw new Problem('not-found')
        return view.show(caller.principal, account)
      },
      { plain: ['not-found'] },
    ),

    route(requestRecoveryEmail, async ({ body }) => {
      const answer = await confirmations.requestRecoveryByAddress(body.email)
      return answer.kind === 'sent'
        ? { status: 'sent' as const }
        : { status: 'org' as const, orgemail: body.email, orgname: redactName(answer.name) }
    }),

    route(initializeUser, async ({ body, actor, session }) => {
      const { username, password, email = null, access_token: withToken = false } = body
      const { account, token } = await firstUsers.initialize(
        { username, password, email, withToken },
        actor,
      )
      session.signIn(account)
      return {
        username,
        email,
        encrypted_password: encryptedPasswords.encrypt(password),
        ...(token !== undefined && { access_token: token }),
      }
    }),
  ]
}
