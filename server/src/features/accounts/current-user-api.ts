import {
  changeUserDetails,
  convertUserToOrganization,
  createNewUser,
  deleteCurrentUser,
  generateUserClientKey,
  getLoggedInUser,
} from '../../contract/current-user.ts'
import { isProblem, Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { AccountRemovalService } from './account-removal-service.ts'
import type { AccountRow } from './account-store.ts'
import type { ClientKeyService } from './client-key-service.ts'
import type { CredentialsService } from './credentials-service.ts'
import type { UserPrincipal } from './principal.ts'
import type { ProfileService } from './profile-service.ts'
import type { SignUpService } from './sign-up-service.ts'
import type { UserView } from './user-view-service.ts'

export function currentUserApi({
  profiles,
  signUps,
  removals,
  credentials,
  clientKeys,
  view,
  principalOf,
}: {
  profiles: ProfileService
  signUps: SignUpService
  removals: AccountRemovalService
  credentials: CredentialsService
  clientKeys: ClientKeyService
  view: UserView
  principalOf: (account: AccountRow) => UserPrincipal
}): readonly ApiRoute[] {
  const invalidAdmin = (message: string) =>
    new Problem('request-invalid', { message, extra: { reason: 'invaliduser' } })

  return [
    route(getLoggedInUser, ({ user, principal }) => view.show(principal, user)),

    route(
      changeUserDetails,
      async ({ body, user, principal, actor, caller, session }) => {
        const changed = await profiles.change(user, body, actor)
        // The caller's own session goes on; all others ended with the password.
        if (caller.kind === 'session' && body.password !== undefined) session.signIn(changed)
        const { via } = principal
        return view.show({ ...principalOf(changed), ...(via && { via }) }, changed)
      },
      { plain: ['namespace-invalid'] },
    ),

    route(createNewUser, async ({ body, actor, session }) => {
      const { username, password, email, invite_code: inviteCode } = body
      const account = await signUps.signUp({ username, password, email, inviteCode }, actor)
      if (account.verified === 0) return { awaiting_verification: true as const }
      session.signIn(account)
      return view.show(principalOf(account), account)
    }),

    route(deleteCurrentUser, async ({ user, actor, caller, session }) => {
      await removals.removeOwn(user, actor)
      if (caller.kind === 'session') session.signOut()
      return undefined
    }),

    route(generateUserClientKey, async ({ body, user, actor, clientAddress }) => {
      const key = await clientKeys.generate(user, body.password, clientAddress, actor)
      return { key }
    }),

    route(convertUserToOrganization, async ({ body, user, actor, clientAddress, session }) => {
      const admin = await verified({
        username: body.adminUser,
        password: body.adminPassword,
        address: clientAddress,
      })
      if (admin.id === user.id) throw invalidAdmin('The admin user is not valid')
      await removals.convert(user, admin.id, actor)
      session.signIn(admin)
      return { success: true as const }
    }),
  ]

  async function verified(given: Parameters<CredentialsService['verifyPerson']>[0]) {
    try {
      return await credentials.verifyPerson(given)
    } catch (error) {
      if (!isProblem(error, 'credentials-invalid')) throw error
      throw invalidAdmin('The admin user credentials are not valid')
    }
  }
}
