import {
  confirmEmail,
  detachExternalLogin,
  getCsrfToken,
  logout,
  recoverAccount,
  recoverWithCode,
  retrieveExternalLoginAuthorizationUrl,
  signinUser,
  verifyUser,
} from '../../contract/session.ts'
import { isProblem, messageOf, Problem } from '../../problem.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { EmailConfirmationService } from '../accounts/email-confirmation-service.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import type { SessionControl } from './session-control-service.ts'
import type { SignInService } from './sign-in-service.ts'

const success = { success: true } as const

export function sessionApi({
  signIns,
  accounts,
  confirmations,
}: {
  signIns: SignInService
  accounts: AccountService
  confirmations: EmailConfirmationService
}): readonly ApiRoute[] {
  /** Follows the link of a mail: to a page of the interface, signed in or told why not. */
  async function followLink(
    { code, address, session }: { code: string; address: string; session: SessionControl },
    kinds: Parameters<EmailConfirmationService['confirm']>[1],
    page: (username: string) => string,
  ) {
    try {
      const account = await confirmations.confirm(code, kinds, { ip: address })
      session.signIn(account)
      return reply(302, undefined, { Location: page(account.username) })
    } catch (error) {
      if (!isProblem(error)) throw error
      const message = messageOf(error, 'Invalid confirmation code')
      const query = new URLSearchParams({ error: 'confirmation', error_description: message })
      return reply(302, undefined, { Location: `/signin?${query.toString()}` })
    }
  }

  return [
    route(getCsrfToken, ({ session }) => Promise.resolve({ csrf_token: session.csrfToken() })),

    route(signinUser, async ({ body, clientAddress, userAgent, session }) => {
      const { username, password, invite_code: inviteCode } = body
      const result = await signIns.signIn(
        { username, password, inviteCode },
        { address: clientAddress, userAgent },
      )
      if (result.kind === 'signed-in') {
        session.signIn(result.account)
        return success
      }
      const invalidCredentials = result.kind === 'refused'
      return reply(403, {
        needsEmailVerification: !invalidCredentials,
        invalidCredentials,
        message: invalidCredentials ? result.message : null,
      })
    }),

    route(recoverWithCode, async ({ body, clientAddress, userAgent, session }) => {
      const result = await signIns.recover(body, { address: clientAddress, userAgent })
      if (result.kind !== 'signed-in') {
        const message = result.kind === 'refused' ? result.message : ''
        return reply(403, { message, invalidCredentials: true })
      }
      session.signIn(result.account)
      return success
    }),

    route(verifyUser, async ({ body, user, clientAddress, userAgent, session }) => {
      const visitor = { address: clientAddress, userAgent }
      const verified = await signIns.verifyAgain(user, body.password, visitor)
      if (typeof verified === 'string') {
        return reply(403, { message: verified, invalidCredentials: true })
      }
      session.signIn(verified)
      return success
    }),

    route(logout, async ({ caller, session, clientAddress, userAgent }) => {
      // A token is no session: it cannot end those of its user.
      if (caller.kind === 'session') {
        await signIns.signOut(caller.account, { address: clientAddress, userAgent })
      }
      session.signOut()
      return success
    }),

    route(retrieveExternalLoginAuthorizationUrl, ({ params }) => {
      throw new Problem('request-invalid', {
        message: `Unknown external login service: ${params.service_id.slice(0, 255)}`,
      })
    }),

    route(detachExternalLogin, async ({ params, user }) => {
      await accounts.detachLogin(user.id, params.service_id)
      return success
    }),

    route(confirmEmail, ({ query, clientAddress: address, session }) =>
      followLink({ code: query.code ?? '', address, session }, ['verify', 'change'], () => '/'),
    ),

    route(recoverAccount, ({ query, clientAddress: address, session }) =>
      followLink(
        { code: query.code ?? '', address, session },
        ['recover'],
        (username) => `/user/${encodeURIComponent(username)}?tab=settings&action=password`,
      ),
    ),
  ]
}
