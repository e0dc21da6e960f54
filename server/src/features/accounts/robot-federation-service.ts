import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { splitRobotName } from './account-names.ts'
import { robotStore, type RobotRow } from './robot-store.ts'

export type RobotFederationService = ReturnType<typeof createRobotFederation>

const Federation = z.array(z.object({ issuer: z.string(), subject: z.string() }))

/** Whose tokens a robot may log in with: an issuer, and whom it speaks of. */
export type FederationEntry = z.infer<typeof Federation>[number]

/** What is stored of a robot; nothing for one that has only its own token. */
export function parseFederation(stored: string | null): FederationEntry[] {
  return stored === null ? [] : Federation.parse(JSON.parse(stored))
}

/** The tokens of other systems that robots may log in with. */
export function createRobotFederation({ db, audit }: { db: Db; audit: AuditLog }) {
  async function getRow(tx: Db, username: string): Promise<RobotRow> {
    const robot = await robotStore(tx).find(username)
    if (robot) return robot
    const message = 'Could not find robot with specified username'
    throw new Problem('robot-unknown', { username, message })
  }

  const entry = (robot: RobotRow, by: Actor) => {
    const { namespace = '', shortName = '' } = splitRobotName(robot.username) ?? {}
    return {
      account: { id: robot.namespace_user_id, username: namespace },
      actor: by,
      metadata: { robot: shortName },
    }
  }

  return {
    /** @throws Problem `robot-unknown` */
    async get(username: string): Promise<FederationEntry[]> {
      return parseFederation((await getRow(db, username)).federation_json)
    },

    /** Instead of what there was. @throws Problem `request-invalid`, `robot-unknown` */
    async set(
      username: string,
      asked: readonly Partial<Record<keyof FederationEntry, string | undefined>>[],
      by: Actor,
    ): Promise<FederationEntry[]> {
      const federation = requireFederation(asked)
      await db.transaction().execute(async (tx) => {
        const robot = await getRow(tx, username)
        await robotStore(tx).setFederation(robot.id, JSON.stringify(federation))
        const { metadata, ...rest } = entry(robot, by)
        await audit.recordIn(tx, {
          ...rest,
          kind: 'create_robot_federation',
          metadata: { config: federation, ...metadata },
        })
      })
      return federation
    },

    /** @throws Problem `robot-unknown` */
    async delete(username: string, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const robot = await getRow(tx, username)
        await robotStore(tx).setFederation(robot.id, null)
        await audit.recordIn(tx, { ...entry(robot, by), kind: 'delete_robot_federation' })
      })
    },
  }
}

/** @throws Problem `request-invalid` */
function requireFederation(
  asked: readonly Partial<Record<keyof FederationEntry, string | undefined>>[],
): FederationEntry[] {
  const invalid = (message: string) => new Problem('request-invalid', { message })
  const seen = new Set<string>()
  return asked.map(({ issuer = '', subject = '' }) => {
    if (issuer === '' || subject === '') {
      throw invalid('Missing one or more required fields (issuer, subject)')
    }
    if (!/^https?:\/\/./.test(issuer) || !URL.canParse(issuer)) {
      throw invalid('Issuer must be a URL (http:// or https://)')
    }
    const key = JSON.stringify([issuer, subject])
    if (seen.has(key)) throw invalid('Duplicate federation config entry')
    seen.add(key)
    return { issuer, subject }
  })
}
