import { getCsrfToken, signinUser } from '../../contract/session.ts'
import { isProblem } from '../../problem.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { CredentialsService } from '../accounts/credentials-service.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'

export function sessionApi({
  accounts,
  credentials,
}: {
  accounts: AccountService
  credentials: CredentialsService
}): readonly ApiRoute[] {
  return [
    route(getCsrfToken, ({ session }) => Promise.resolve({ csrf_token: session.csrfToken() })),

    route(signinUser, async ({ body: { username, password }, clientAddress, session }) => {
      try {
        const principal = await credentials.authenticate({
          username,
          password,
          address: clientAddress,
        })
        if (principal.kind === 'user') {
          session.signIn(await accounts.getUser(principal.username))
          return { success: true as const }
        }
      } catch (error) {
        if (!isProblem(error, 'credentials-invalid')) throw error
      }
      return reply(403, {
        needsEmailVerification: false,
        invalidCredentials: true,
        message: 'Invalid Username or Password',
      })
    }),
  ]
}
