import { memberApi } from '../features/accounts/member-api.ts'
import { createMemberService } from '../features/accounts/member-service.ts'
import { organizationApi } from '../features/accounts/organization-api.ts'
import { createOrganizationSettings } from '../features/accounts/organization-settings-service.ts'
import { robotApi } from '../features/accounts/robot-api.ts'
import { robotFederationApi } from '../features/accounts/robot-federation-api.ts'
import { createRobotFederation } from '../features/accounts/robot-federation-service.ts'
import { teamApi } from '../features/accounts/team-api.ts'
import { teamInviteApi } from '../features/accounts/team-invite-api.ts'
import { createTeamInviteService } from '../features/accounts/team-invite-service.ts'
import { createTeamService } from '../features/accounts/team-service.ts'
import { prototypeApi } from '../features/prototypes/prototype-api.ts'
import { createPrototypeService } from '../features/prototypes/prototype-service.ts'
import type { Area, Foundation } from './area.ts'

/** Organizations, teams, robots and default permissions. */
export function wireOrganizations({ parts, people, avatars }: Foundation): Area {
  const {
    config,
    database: { db },
    clock,
    random,
  } = parts
  const { audit, access, organizations, robots, notifications, mail } = people
  const { features } = config
  const teams = createTeamService({ db, audit, config })
  const members = createMemberService({ db, audit })
  const settings = createOrganizationSettings({
    ...{ db, clock, audit, notifications, config },
    deletion: people.namespaceDeletion,
  })
  const invites = createTeamInviteService({
    ...{ db, clock, random, audit, teams, notifications, mail, config },
  })
  const prototypes = createPrototypeService({ db, random, audit })
  const federation = createRobotFederation({ db, audit })

  return {
    routes: [
      ...organizationApi({
        ...{ organizations, settings, teams, members, access, avatars, features },
        quota: people.quotaReports,
      }),
      ...memberApi({ members, avatars }),
      ...teamApi({ organizations, teams, invites, access, avatars, features }),
      ...teamInviteApi({ invites, avatars }),
      ...prototypeApi({ prototypes, avatars }),
      ...robotApi({ robots, members, access, avatars }),
      ...robotFederationApi({ federation }),
    ],
  }
}
