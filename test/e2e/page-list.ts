import { stockRegistry } from '../support/stocked-registry.ts'
import type { TestServer } from '../support/server.ts'

/** Something of everything, so that no page is empty. */
export async function furnish(server: TestServer): Promise<void> {
  const api = await server.signedIn()
  await api.post('/api/v1/organization/', { name: 'harbour', email: 'harbour@example.com' }, 201)
  await api.put('/api/v1/organization/harbour/team/crew', {
    role: 'member',
    description: 'Who sails',
  })
  const robot = { description: 'Loads and unloads' }
  await api.put('/api/v1/organization/harbour/robots/crane', robot, 201)
  await stockRegistry(server.client(), 'harbour/engine/control', { largeBytes: 65_536 })
  await stockRegistry(server.client(), 'harbour/charts', { largeBytes: 65_536 })
  await api.post(
    '/api/v1/repository/harbour/charts/notification/',
    {
      ...{ event: 'repo_push', method: 'slack', title: 'New charts', eventConfig: {} },
      config: { url: 'https://chat.example/hooks/T0/B0' },
    },
    201,
  )
  await api.put('/api/v1/repository/harbour/charts', {
    description:
      '# Charts\n\nHow to *get* somewhere.\n\n![far away](https://elsewhere.example/x.png)',
  })
}

export interface PageToSee {
  readonly name: string
  readonly path: string
  /** Without an account. */
  readonly isOpen?: true
}

const repository = '/repository/harbour/charts'
const organization = '/organization/harbour'

/** Every page of the registry at work, with its tabs. */
export const pageList: readonly PageToSee[] = [
  { name: 'sign-in', path: '/signin', isOpen: true },
  { name: 'create-account', path: '/createaccount', isOpen: true },
  { name: 'recover', path: '/recover', isOpen: true },
  { name: 'home', path: '/home' },
  { name: 'organizations', path: '/organization' },
  { name: 'organization', path: organization },
  { name: 'organization-teams', path: `${organization}?tab=Teamsandmembership` },
  { name: 'organization-robots', path: `${organization}?tab=Robotaccounts` },
  { name: 'organization-permissions', path: `${organization}?tab=Defaultpermissions` },
  { name: 'organization-applications', path: `${organization}?tab=OAuthApplications` },
  { name: 'organization-logs', path: `${organization}?tab=Logs` },
  { name: 'organization-settings', path: `${organization}?tab=Settings` },
  { name: 'team', path: `${organization}/teams/crew` },
  { name: 'user', path: '/user/quay' },
  { name: 'user-robots', path: '/user/quay?tab=Robotaccounts' },
  { name: 'user-logins', path: '/user/quay?tab=Externallogins' },
  { name: 'user-settings', path: '/user/quay?tab=Settings' },
  { name: 'user-cli', path: '/user/quay?tab=Settings&section=cliconfig' },
  { name: 'repositories', path: '/repository' },
  { name: 'repository', path: repository },
  { name: 'repository-tags', path: `${repository}?tab=tags` },
  { name: 'repository-history', path: `${repository}?tab=history` },
  { name: 'repository-logs', path: `${repository}?tab=logs` },
  { name: 'repository-settings', path: `${repository}?tab=settings` },
  {
    name: 'repository-notifications',
    path: `${repository}?tab=settings&section=eventsandnotifications`,
  },
  { name: 'tag', path: `${repository}/tag/small` },
  { name: 'tag-layers', path: `${repository}/tag/small?tab=layers` },
  { name: 'tag-of-platforms', path: `${repository}/tag/many` },
  { name: 'nested-repository', path: '/repository/harbour/engine/control' },
  { name: 'service-keys', path: '/service-keys' },
  { name: 'change-log', path: '/change-log' },
  { name: 'usage-logs', path: '/usage-logs' },
  { name: 'messages', path: '/messages' },
  { name: 'about', path: '/about' },
  { name: 'security', path: '/security' },
  { name: 'certificates', path: '/certificates' },
  { name: 'mirrors-missed', path: '/mirrors/missed' },
  { name: 'storage', path: '/storage' },
  { name: 'backup', path: '/storage/backup' },
  { name: 'health', path: '/health' },
  { name: 'service', path: '/service' },
  { name: 'service-logs', path: '/service/logs' },
  { name: 'service-config', path: '/service/config' },
  { name: 'bundles', path: '/bundles' },
  { name: 'bundle-export', path: '/bundles/export' },
  { name: 'bundle-export-content', path: '/bundles/export?step=content' },
  { name: 'bundle-export-medium', path: '/bundles/export?step=medium' },
  { name: 'bundle-import', path: '/bundles/import' },
  { name: 'bundle-selections', path: '/bundles/selections' },
  { name: 'bundle-ledger', path: '/bundles/ledger' },
  { name: 'bundle-trust', path: '/bundles/trust' },
  { name: 'bundle-missing', path: '/bundles/missing' },
  { name: 'search', path: '/search?q=charts' },
  { name: 'help', path: '/help' },
  { name: 'help-topic', path: '/help/trust' },
  { name: 'not-found', path: '/service/nothing' },
]
