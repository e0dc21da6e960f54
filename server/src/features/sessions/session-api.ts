import { getCsrfToken, signinUser } from '../../contract/session.ts'
import { isProblem } from '../../problem.ts'
import type { CredentialsService } from '../accounts/credentials-service.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'

export function sessionApi({
  credentials,
}: {
  credentials: CredentialsService
}): readonly ApiRoute[] {
  return [
    route(getCsrfToken, ({ session }) => Promise.resolve({ csrf_token: session.csrfToken() })),

    route(signinUser, async ({ body: { username, password }, clientAddress, session }) => {
      try {
        session.signIn(
          await credentials.verifyPerson({ username, password, address: clientAddress }),
        )
        return { success: true as const }
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
