import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { isProblem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { RobotPrincipal } from '../accounts/principal.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { applyPrototypes } from '../prototypes/prototype-service.ts'
import { permissionStore } from '../repositories/permission-store.ts'
import {
  parseRepositoryName,
  requireCreatableName,
  type RepositoryNameRules,
} from '../repositories/repository-name.ts'
import {
  repositoryStore,
  type RepositoryRow,
  type Visibility,
} from '../repositories/repository-store.ts'
import { OrgMirrorFault } from './org-mirror-fault.ts'

export type RepositoryMaking = ReturnType<typeof createRepositoryMaking>

export interface WantedRepository {
  readonly name: string
  readonly organization: AccountRow
  readonly visibility: Visibility
  /** Gets the right to push. */
  readonly robot: AccountRow
  readonly externalReference: string
}

/** The repositories of a mirrored organization, which nobody else makes. */
export function createRepositoryMaking({
  db,
  clock,
  audit,
  names,
}: {
  db: Db
  clock: Clock
  audit: AuditLog
  names: RepositoryNameRules
}) {
  const principalOf = (robot: AccountRow, organization: { readonly id: number }) =>
    ({
      kind: 'robot',
      id: robot.id,
      username: robot.username,
      namespaceId: organization.id,
    }) as const satisfies RobotPrincipal

  function nameOf({ name, organization }: WantedRepository) {
    const parsed = parseRepositoryName(`${organization.username}/${name}`, names)
    requireCreatableName(parsed)
    return parsed
  }

  async function make(wanted: WantedRepository): Promise<RepositoryRow> {
    const { organization, visibility, robot, externalReference } = wanted
    const { name, fullName } = nameOf(wanted)
    return db.transaction().execute(async (tx) => {
      const repositories = repositoryStore(tx)
      const made = await repositories.insert({
        ...{ namespaceId: organization.id, name, fullName, visibility, description: null },
        createdAt: clock.now(),
      })
      if (made === undefined) {
        throw new OrgMirrorFault(`${fullName} exists already`)
      }
      await repositories.setState(made.id, 'ORG_MIRROR')
      await permissionStore(tx).grant(made.id, { userId: robot.id }, 'write')
      await applyPrototypes(tx, { organization, repositoryId: made.id, creator: null })
      await audit.recordIn(tx, {
        kind: 'org_mirror_repo_created',
        account: { id: organization.id, username: organization.username },
        actor: { principal: principalOf(robot, organization) },
        repositoryId: made.id,
        metadata: {
          ...{ namespace: organization.username, repo: name },
          ...{ external_reference: externalReference, visibility, via_org_mirror: true },
        },
      })
      return { ...made, state: 'ORG_MIRROR' }
    })
  }

  return {
    principalOf,

    /** @throws OrgMirrorFault, Problem when it cannot be made, which is recorded. */
    async ensure(
      wanted: WantedRepository,
    ): Promise<{ readonly repository: RepositoryRow; readonly created: boolean }> {
      const { organization, robot, externalReference } = wanted
      const found = await repositoryStore(db).find(`${organization.username}/${wanted.name}`)
      if (found?.state === 'ORG_MIRROR') return { repository: found, created: false }
      try {
        return { repository: await make(wanted), created: true }
      } catch (error) {
        if (!isProblem(error) && !(error instanceof OrgMirrorFault)) throw error
        const failure =
          error instanceof OrgMirrorFault
            ? error
            : new OrgMirrorFault(`It cannot be made here: ${error.code}`)
        await audit.recordIn(db, {
          kind: 'org_mirror_repo_creation_failed',
          account: { id: organization.id, username: organization.username },
          actor: { principal: principalOf(robot, organization) },
          metadata: { external_reference: externalReference, error: failure.message },
        })
        throw failure
      }
    },
  }
}
