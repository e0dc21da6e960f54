import type { Client } from '../../api/client.ts'
import type { Input, Output } from '../../api/operations.ts'

export type RobotRow = Output<'GET /api/v1/mooring/user/robots'>['items'][number]
export type RobotPage = Output<'GET /api/v1/mooring/user/robots'>
export type Federation = Output<'GET /api/v1/user/robots/{robot_shortname}/federation'>
export type RobotQuery = NonNullable<Input<'GET /api/v1/mooring/user/robots'>['query']>

export interface RobotPlace {
  readonly namespace: string
  readonly isOrganization: boolean
}

/** `namespace+name` without the namespace. */
export const shortName = (name: string) => name.slice(name.indexOf('+') + 1)

/** What can be done with the robots of a namespace: organizations have routes of their own. */
export function robotCalls(client: Client, { namespace: orgname, isOrganization }: RobotPlace) {
  const own = (robot: string) => ({ robot_shortname: robot })
  const inside = (robot: string) => ({ orgname, robot_shortname: robot })
  return {
    list: (query: RobotQuery, signal?: AbortSignal): Promise<RobotPage> =>
      isOrganization
        ? client.call('GET /api/v1/mooring/organization/{orgname}/robots', {
            params: { orgname },
            query,
            ...(signal && { signal }),
          })
        : client.call('GET /api/v1/mooring/user/robots', { query, ...(signal && { signal }) }),
    get: (robot: string) =>
      isOrganization
        ? client.call('GET /api/v1/organization/{orgname}/robots/{robot_shortname}', {
            params: inside(robot),
          })
        : client.call('GET /api/v1/user/robots/{robot_shortname}', { params: own(robot) }),
    create: (robot: string, description: string) =>
      isOrganization
        ? client.call('PUT /api/v1/organization/{orgname}/robots/{robot_shortname}', {
            params: inside(robot),
            body: { description },
          })
        : client.call('PUT /api/v1/user/robots/{robot_shortname}', {
            params: own(robot),
            body: { description },
          }),
    remove: (robot: string) =>
      isOrganization
        ? client.call('DELETE /api/v1/organization/{orgname}/robots/{robot_shortname}', {
            params: inside(robot),
          })
        : client.call('DELETE /api/v1/user/robots/{robot_shortname}', { params: own(robot) }),
    regenerate: (robot: string) =>
      isOrganization
        ? client.call('POST /api/v1/organization/{orgname}/robots/{robot_shortname}/regenerate', {
            params: inside(robot),
          })
        : client.call('POST /api/v1/user/robots/{robot_shortname}/regenerate', {
            params: own(robot),
          }),
    permissions: (robot: string) =>
      isOrganization
        ? client.call('GET /api/v1/organization/{orgname}/robots/{robot_shortname}/permissions', {
            params: inside(robot),
          })
        : client.call('GET /api/v1/user/robots/{robot_shortname}/permissions', {
            params: own(robot),
          }),
    federation: (robot: string) =>
      isOrganization
        ? client.call('GET /api/v1/organization/{orgname}/robots/{robot_shortname}/federation', {
            params: inside(robot),
          })
        : client.call('GET /api/v1/user/robots/{robot_shortname}/federation', {
            params: own(robot),
          }),
    setFederation: (robot: string, body: Federation) =>
      isOrganization
        ? client.call('POST /api/v1/organization/{orgname}/robots/{robot_shortname}/federation', {
            params: inside(robot),
            body,
          })
        : client.call('POST /api/v1/user/robots/{robot_shortname}/federation', {
            params: own(robot),
            body,
          }),
  }
}

export type RobotCalls = ReturnType<typeof robotCalls>

/** What a robot may do in a repository; null takes it away. */
export async function setRepositoryRole(
  client: Client,
  repository: string,
  username: string,
  role: 'read' | 'write' | 'admin' | null,
): Promise<void> {
  const params = { repository, username }
  if (role === null) {
    await client.call('DELETE /api/v1/repository/{repository}/permissions/user/{username}', {
      params,
    })
  } else {
    await client.call('PUT /api/v1/repository/{repository}/permissions/user/{username}', {
      params,
      body: { role },
    })
  }
}

/** The teams that a robot is in, of an organization of which there may be many members. */
export async function teamsOfRobot(client: Client, orgname: string, robot: string) {
  const { items } = await client.call('GET /api/v1/mooring/organization/{orgname}/members', {
    params: { orgname },
    query: { search: robot, limit: 100 },
  })
  return items.find(({ name }) => name === robot)?.teams.map(({ name }) => name) ?? []
}
