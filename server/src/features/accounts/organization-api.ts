import type { FeatureConfig } from '../../config/config.ts'
import {
  changeOrganizationDetails,
  createOrganization,
  deleteAdminedOrganization,
  getOrganization,
  getOrganizationCollaborators,
} from '../../contract/organizations.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import { route, type ApiCaller, type ApiRoute } from '../api/api-call.ts'
import { refusal } from '../api/authorize-service.ts'
import type { QuotaReports } from '../quota/quota-report-service.ts'
import type { AccountRow } from './account-store.ts'
import type { Avatars } from './avatar.ts'
import type { MemberService } from './member-service.ts'
import type { OrganizationService } from './organization-service.ts'
import type { OrganizationSettingsService } from './organization-settings-service.ts'
import { hasScope, type Principal } from './principal.ts'
import type { TeamOverview } from './team-overview-store.ts'
import type { TeamService } from './team-service.ts'

export function organizationApi({
  organizations,
  settings,
  teams,
  members,
  access,
  avatars,
  quota,
  features,
}: {
  organizations: OrganizationService
  settings: OrganizationSettingsService
  teams: TeamService
  members: MemberService
  access: AccessService
  avatars: Avatars
  quota: Pick<QuotaReports, 'ofNamespace'>
  features: Pick<FeatureConfig, 'superusersOrgCreationOnly'>
}): readonly ApiRoute[] {
  /** Who may found an organization. */
  function requireFounder(caller: ApiCaller): AccountRow {
    const { principal } = caller
    const allowed =
      caller.kind !== 'anonymous' &&
      hasScope(caller.principal, 'user:admin') &&
      !caller.principal.isRestricted &&
      (!features.superusersOrgCreationOnly || access.isSuperUser(principal))
    if (!allowed) throw refusal(principal)
    return caller.account
  }

  async function view(principal: Principal, organization: AccountRow) {
    const teamRole = await access.teamRoleIn(principal, organization)
    const seesAll = access.hasFullAccess(principal) || access.isGlobalReader(principal)
    const isAdmin = seesAll || teamRole === 'admin'
    const isMember = seesAll || teamRole !== 'none'
    const viewerId = principal.kind === 'anonymous' ? null : principal.id
    const listed = isMember ? await teams.list(organization, viewerId) : undefined
    return {
      name: organization.username,
      email: isAdmin ? (organization.contact_email ?? '') : '',
      // The one place in which clients know the picture of an organization as that of a user.
      avatar: avatars.avatar('user', organization.username, organization.contact_email),
      is_admin: isAdmin,
      is_member: isMember,
      ...(listed && {
        teams: Object.fromEntries(listed.map((team) => [team.name, viewTeam(team, isAdmin)])),
        ordered_teams: listed.map(({ name }) => name),
        ...(await quota.ofNamespace(organization.id)),
      }),
      ...(isAdmin && {
        invoice_email: organization.invoice_email === 1,
        invoice_email_address: organization.invoice_email_address,
        tag_expiration_s: organization.removed_tag_expiration_s,
        is_free_account: true,
      }),
    }
  }

  const viewTeam = (team: TeamOverview, isAdmin: boolean) => ({
    name: team.name,
    description: team.description,
    role: team.role,
    avatar: avatars.ofTeam(team.name),
    can_view: isAdmin || team.isMine,
    repo_count: team.repositories,
    member_count: team.members,
    is_synced: team.isSynced,
  })

  return [
    route(createOrganization, async ({ caller, body, actor }) => {
      const founder = requireFounder(caller)
      const email = settings.newAddress(body)
      await organizations.create({ name: body.name, email }, founder.id, actor)
      return 'Created' as const
    }),

    route(getOrganization, async ({ caller, params }) => {
      const organization = await organizations.find(params.orgname)
      if (!organization) throw new Problem('not-found', { organization: params.orgname })
      return view(caller.principal, organization)
    }),

    route(changeOrganizationDetails, async ({ caller, organization, body, actor }) =>
      view(caller.principal, await settings.change(organization, body, actor)),
    ),

    route(deleteAdminedOrganization, async ({ organization, actor }) => {
      await settings.delete(organization, actor)
      return undefined
    }),

    route(getOrganizationCollaborators, async ({ organization }) => {
      const collaborators = await members.listCollaborators(organization)
      return {
        collaborators: collaborators.map((account) => ({
          kind: 'user' as const,
          name: account.username,
          avatar: avatars.of(account),
          repositories: [...account.repositories],
        })),
      }
    }),
  ]
}
