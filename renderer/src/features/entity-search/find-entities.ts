import type { Client } from '../../api/client.ts'
import type { Entity, EntityKind } from './entity.ts'

const shownAtMost = 10

interface Wanted {
  readonly namespace: string
  readonly isOrganization: boolean
  readonly kinds: readonly EntityKind[]
}

/** Those whose name begins with the text; the namespace's own teams and robots before any is typed. */
export async function findEntities(
  client: Client,
  { namespace, isOrganization, kinds }: Wanted,
  text: string,
  signal: AbortSignal,
): Promise<readonly Entity[]> {
  const found =
    text === ''
      ? await ownEntities(client, { namespace, isOrganization, kinds }, signal)
      : await matching(client, namespace, text, signal)
  return found.filter(({ kind }) => kinds.includes(kind))
}

async function matching(client: Client, namespace: string, text: string, signal: AbortSignal) {
  const { results } = await client.call('GET /api/v1/entities/{prefix}', {
    params: { prefix: text },
    query: { namespace, includeTeams: true },
    signal,
  })
  return results.flatMap(({ kind, name, is_robot: isRobot }): Entity[] => {
    if (kind === 'team') return [{ kind, name }]
    if (kind !== 'user') return []
    return [{ kind: isRobot === true ? 'robot' : 'user', name }]
  })
}

async function ownEntities(
  client: Client,
  { namespace: orgname, isOrganization, kinds }: Wanted,
  signal: AbortSignal,
): Promise<Entity[]> {
  const query = { limit: shownAtMost }
  const [teams, robots] = await Promise.all([
    isOrganization && kinds.includes('team')
      ? client
          .call('GET /api/v1/mooring/organization/{orgname}/teams', {
            params: { orgname },
            query,
            signal,
          })
          .then(({ items }) => items)
      : [],
    kinds.includes('robot') ? listRobots(client, orgname, isOrganization, signal) : [],
  ])
  return [
    ...teams.map(({ name }): Entity => ({ kind: 'team', name })),
    ...robots.map(({ name }): Entity => ({ kind: 'robot', name })),
  ]
}

async function listRobots(
  client: Client,
  orgname: string,
  isOrganization: boolean,
  signal: AbortSignal,
) {
  const query = { limit: shownAtMost }
  const { robots } = isOrganization
    ? await client.call('GET /api/v1/organization/{orgname}/robots', {
        params: { orgname },
        query,
        signal,
      })
    : await client.call('GET /api/v1/user/robots', { query, signal })
  return robots
}
