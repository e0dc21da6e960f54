import {
  createOrganizationApplication,
  deleteOrganizationApplication,
  getApplicationInformation,
  getOrganizationApplication,
  getOrganizationApplications,
  resetOrganizationApplicationClientSecret,
  updateOrganizationApplication,
} from '../../contract/oauth-applications.ts'
import { Problem } from '../../problem.ts'
import type { AccessService, EffectiveTeamRole } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Avatars } from '../accounts/avatar.ts'
import type { Principal } from '../accounts/principal.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { ApplicationService } from './application-service.ts'
import type { ApplicationRow } from './oauth-application-store.ts'

export function applicationApi({
  applications,
  accounts,
  access,
  avatars,
}: {
  applications: ApplicationService
  accounts: Pick<AccountService, 'findById'>
  access: AccessService
  avatars: Avatars
}): readonly ApiRoute[] {
  /** Its secrets are for those who are admins by a team, not for whoever may look at everything. */
  const present = (application: ApplicationRow, teamRole: EffectiveTeamRole) => {
    const isAdmin = teamRole === 'admin'
    return {
      name: application.name,
      description: application.description,
      application_uri: application.application_uri,
      client_id: application.client_id,
      client_secret: isAdmin ? applications.secretOf(application) : null,
      redirect_uri: isAdmin ? application.redirect_uri : null,
      avatar_email: isAdmin ? application.avatar_email : null,
    }
  }

  async function organizationAsSeenBy(principal: Principal, organization: AccountRow) {
    const seesAll = access.hasFullAccess(principal) || access.isGlobalReader(principal)
    const teamRole = await access.teamRoleIn(principal, organization)
    const isAdmin = seesAll || teamRole === 'admin'
    return {
      name: organization.username,
      email: isAdmin ? (organization.contact_email ?? '') : '',
      avatar: avatars.of(organization),
      is_admin: isAdmin,
      is_member: seesAll || teamRole !== 'none',
      teams: {},
      ordered_teams: [],
      ...(isAdmin && {
        invoice_email: organization.invoice_email === 1,
        invoice_email_address: organization.invoice_email_address,
        tag_expiration_s: organization.removed_tag_expiration_s,
        is_free_account: true,
      }),
    }
  }

  return [
    route(getApplicationInformation, async ({ params, caller }) => {
      const application = await applications.find(params.client_id)
      const organization = application && (await accounts.findById(application.organization_id))
      if (application === undefined || organization === undefined) throw new Problem('not-found')
      return {
        name: application.name,
        description: application.description,
        uri: application.application_uri,
        avatar: avatars.avatar('app', application.name, application.avatar_email),
        organization: await organizationAsSeenBy(caller.principal, organization),
      }
    }),

    route(getOrganizationApplications, async ({ organization, teamRole }) => ({
      applications: (await applications.list(organization)).map((one) => present(one, teamRole)),
    })),

    route(createOrganizationApplication, async ({ organization, teamRole, body, actor }) =>
      present(await applications.create(organization, body, actor), teamRole),
    ),

    route(getOrganizationApplication, async ({ organization, teamRole, params }) =>
      present(await applications.get(organization, params.client_id), teamRole),
    ),

    route(updateOrganizationApplication, async ({ organization, teamRole, params, body, actor }) =>
      present(await applications.update(organization, params.client_id, body, actor), teamRole),
    ),

    route(deleteOrganizationApplication, async ({ organization, params, actor }) => {
      await applications.delete(organization, params.client_id, actor)
      return undefined
    }),

    route(
      resetOrganizationApplicationClientSecret,
      async ({ organization, teamRole, params, actor }) =>
        present(await applications.resetSecret(organization, params.client_id, actor), teamRole),
    ),
  ]
}
