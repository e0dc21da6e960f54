import type { ApiClient } from './api-client.ts'
import type { PeerRegistry } from './peer-registry.ts'

interface Followed {
  readonly organization: string
  readonly name: string
  /** Of the organization. */
  readonly robot: string
  readonly peer: Pick<PeerRegistry, 'host' | 'username' | 'password'>
}

/** A repository that follows `library/<name>` of the peer, unless `body` says something else. */
export async function createFollowed(
  api: ApiClient,
  { organization, name, robot, peer }: Followed,
  body: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const repository = { namespace: organization, repository: name, visibility: 'private' }
  await api.post('/api/v1/repository', { ...repository, description: '' }, 201)
  await api.post(
    `/api/v1/repository/${organization}/${name}/mirror`,
    {
      external_reference: `${peer.host}/library/${name}`,
      external_registry_username: peer.username,
      external_registry_password: peer.password,
      sync_interval: 86_400,
      sync_start_date: '2020-01-01T00:00:00Z',
      root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
      skopeo_timeout_interval: 300,
      robot_username: `${organization}+${robot}`,
      ...body,
    },
    201,
  )
}
