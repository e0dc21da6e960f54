import { setImmediate } from 'node:timers/promises'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { mirrorStore } from '../mirrors/mirror-store.ts'
import { orgMirrorStore } from '../org-mirrors/org-mirror-store.ts'
import { namespaceFault, splitRobotName } from './account-names.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import { robotStore, type ListedRobotRow, type RobotRow } from './robot-store.ts'
import type { SecretBox } from './secret-box.ts'
import { teamOverviewStore, type HeldPermission } from './team-overview-store.ts'

export type RobotService = ReturnType<typeof createRobotService>

type Metadata = Readonly<Record<string, unknown>>

export interface Robot {
  readonly id: number
  readonly username: string
  readonly description: string
  readonly createdAt: Instant
  readonly lastAccessed: Instant | null
}

export interface ListedRobot extends Robot {
  readonly token: string
}

export interface RobotWithToken extends ListedRobot {
  readonly metadata: Metadata
}

export interface NewRobot {
  readonly shortName: string
  readonly description?: string
  readonly metadata?: Metadata
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const tokenLength = 64
const metadataAtMostBytes = 1024 * 1024
const listedAtMost = 10_000
const batchSize = 500

export function createRobotService({
  db,
  clock,
  random,
  secretBox,
  audit,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  secretBox: SecretBox
  audit: AuditLog
  config: Pick<Config, 'robots'>
}) {
  const newToken = () => random.text(tokenLength, alphabet)

  async function getRow(tx: Db, username: string): Promise<RobotRow> {
    const robot = await robotStore(tx).find(username)
    if (!robot) {
      throw new Problem('robot-unknown', {
        username,
        message: 'Could not find robot with specified username',
      })
    }
    return robot
  }

  /** Robots are audited under the namespace they belong to, by their short name. */
  const entry = (robot: RobotRow) => {
    const { namespace = '', shortName = '' } = splitRobotName(robot.username) ?? {}
    return {
      account: { id: robot.namespace_user_id, username: namespace },
      metadata: { robot: shortName },
    }
  }

  return {
    /** Makes it unless it is there; of several that do so at once, one does. @throws as `create` */
    async ensure(namespace: AccountRow, robot: NewRobot, by: Actor): Promise<void> {
      await this.create(namespace, robot, by).catch((error: unknown) => {
        if (!isProblem(error, 'namespace-taken')) throw error
      })
    },

    /** @throws Problem `request-invalid`, `namespace-invalid`, `namespace-taken`, `namespace-unknown` */
    async create(namespace: AccountRow, robot: NewRobot, by: Actor): Promise<RobotWithToken> {
      const { shortName, description = '', metadata = {} } = robot
      if (namespace.robot === 1)
        throw new Problem('namespace-unknown', { namespace: namespace.username })
      const username = `${namespace.username}+${shortName}`
      if (config.robots.disallow && !config.robots.whitelist.includes(username)) {
        throw new Problem('request-invalid', {
          message: 'Robot accounts have been disabled. Please contact your administrator.',
        })
      }
      const fault =
        namespaceFault(shortName) ??
        (description.length > 255 ? 'description is longer than 255 characters' : undefined)
      if (fault !== undefined) {
        throw new Problem('namespace-invalid', {
          name: shortName,
          message: `The name for the robot '${shortName}' is invalid: ${fault}`,
        })
      }
      if (Buffer.byteLength(JSON.stringify(metadata)) > metadataAtMostBytes) {
        throw new Problem('request-invalid', { message: 'Robot metadata is larger than 1 MiB' })
      }
      const token = newToken()
      return db.transaction().execute(async (tx) => {
        const createdAt = clock.now()
        const account = await accountStore(tx).insert({
          kind: 'robot',
          uuid: random.uuid(),
          username,
          email: null,
          passwordHash: null,
          removedTagExpirationMs: 0,
          createdAt,
        })
        if (!account) {
          throw new Problem('namespace-taken', {
            username,
            message: `Existing robot with name: ${username}`,
          })
        }
        await robotStore(tx).insert({
          userId: account.id,
          namespaceId: namespace.id,
          tokenEncrypted: secretBox.seal(token),
          description,
          metadata,
          createdAt,
        })
        await audit.recordIn(tx, {
          kind: 'create_robot',
          account: namespace,
          actor: by,
          metadata: { robot: shortName, description, unstructured_metadata: metadata },
        })
        return {
          id: account.id,
          username,
          description,
          createdAt,
          lastAccessed: null,
          metadata,
          token,
        }
      })
    },

    /** With its token. @throws Problem `robot-unknown` */
    async get(username: string): Promise<RobotWithToken> {
      return withToken(await getRow(db, username), secretBox)
    },

    /** By name, after `after`; some at a time, so that nobody waits for a long list. */
    async list(
      namespaceId: number,
      { after = '', limit = listedAtMost }: { after?: string; limit?: number | undefined } = {},
    ): Promise<ListedRobot[]> {
      const robots: ListedRobot[] = []
      const wanted = Math.min(Math.max(limit, 0), listedAtMost)
      while (robots.length < wanted) {
        const size = Math.min(batchSize, wanted - robots.length)
        const from = robots.at(-1)?.username ?? after
        const rows = await robotStore(db).list(namespaceId, from, size)
        for (const row of rows) {
          robots.push({ ...describe(row), token: secretBox.open(row.token_encrypted) })
        }
        if (rows.length < size) break
        await setImmediate()
      }
      return robots
    },

    /** The repositories that it has a role on. @throws Problem `robot-unknown` */
    async listPermissions(username: string): Promise<HeldPermission[]> {
      const { id } = await getRow(db, username)
      return teamOverviewStore(db).listHeld({ userId: id }, listedAtMost)
    },

    /** The old token is void at once. @throws Problem `robot-unknown` */
    async regenerateToken(username: string, by: Actor): Promise<RobotWithToken> {
      const token = newToken()
      return db.transaction().execute(async (tx) => {
        const robot = await getRow(tx, username)
        await robotStore(tx).setToken(robot.id, secretBox.seal(token))
        await audit.recordIn(tx, { kind: 'regenerate_robot_token', actor: by, ...entry(robot) })
        return { ...describe(robot), metadata: metadataOf(robot), token }
      })
    },

    /** Its grants and memberships go with it. @throws Problem `robot-unknown`, `rule-violated` */
    async delete(username: string, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const robot = await getRow(tx, username)
        if (
          (await mirrorStore(tx).isRobotInUse(robot.id)) ||
          (await orgMirrorStore(tx).isRobotInUse(robot.id))
        ) {
          throw new Problem('rule-violated', {
            username,
            message: 'Robot is being used by a mirror',
          })
        }
        await accountStore(tx).delete(robot.id)
        await audit.recordIn(tx, { kind: 'delete_robot', actor: by, ...entry(robot) })
      })
    },
  }
}

function describe(row: ListedRobotRow): Robot {
  return {
    id: row.id,
    username: row.username,
    description: row.description,
    createdAt: row.created_at,
    lastAccessed: row.last_accessed,
  }
}

function withToken(row: RobotRow, secretBox: SecretBox): RobotWithToken {
  return {
    ...describe(row),
    metadata: metadataOf(row),
    token: secretBox.open(row.token_encrypted),
  }
}

function metadataOf(row: RobotRow): Metadata {
  return JSON.parse(row.unstructured_json) as Metadata
}
