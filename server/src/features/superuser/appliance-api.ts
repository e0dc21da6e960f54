import {
  getChangeLog,
  getRepoBuildLogsArchiveSuperUser,
  getRepoBuildLogsSuperUser,
  getRepoBuildStatusSuperUser,
  getRepoBuildSuperUser,
  getSuperUserConfig,
  scRegistryStatus,
  scShutdownContainer,
} from '../../contract/superuser.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { ApplianceService } from './appliance-service.ts'

export function applianceApi({ appliance }: { appliance: ApplianceService }): readonly ApiRoute[] {
  /** Nothing is built here, so no id is that of a build. */
  const noSuchBuild = ({ params }: { params: { readonly build_uuid: string } }): Promise<never> =>
    Promise.reject(
      new Problem('response-invalid', {
        message: `Invalid repository build: ${params.build_uuid}`,
      }),
    )

  return [
    route(getChangeLog, async () => ({ log: await appliance.changeLog() })),
    route(getSuperUserConfig, () => Promise.resolve(appliance.describeConfig())),
    route(scRegistryStatus, async () =>
      (await appliance.isSetUp())
        ? { status: 'ready' as const, provider_id: 'file' }
        : { status: 'setup-incomplete' as const },
    ),
    route(
      scShutdownContainer,
      async ({ actor }) => {
        if (actor.principal !== 'system') await appliance.shutDown(actor.principal)
        return {}
      },
      { plain: ['access-denied'] },
    ),

    route(getRepoBuildSuperUser, () => Promise.reject(new Problem('not-found'))),
    route(getRepoBuildStatusSuperUser, noSuchBuild),
    route(getRepoBuildLogsSuperUser, noSuchBuild),
    route(getRepoBuildLogsArchiveSuperUser, () =>
      Promise.reject(new Problem('response-invalid', { message: 'Archived logs not available' })),
    ),
  ]
}
