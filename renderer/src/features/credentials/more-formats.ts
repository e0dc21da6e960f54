import { m } from '../../paraglide/messages.js'
import * as formats from './credential-formats.ts'
import type { Credentials } from './credential-formats.ts'

interface Piece {
  readonly label?: string
  readonly code: string
  readonly filename?: string
}

export interface MoreFormat {
  readonly key: string
  readonly label: string
  readonly note?: string
  readonly pieces: readonly Piece[]
}

/** What few need, or what is on its way out. */
export function moreFormats(credentials: Credentials): readonly MoreFormat[] {
  const { host, username } = credentials
  const docker: Piece = {
    code: formats.dockerConfig(credentials),
    filename: formats.authFile(username),
  }
  const goesTo = (path: string) => m.account_cred_place({ path })
  return [
    {
      key: 'containerd',
      label: m.account_cred_more_containerd(),
      pieces: [
        {
          label: goesTo(`/etc/containerd/certs.d/${host}/hosts.toml`),
          code: formats.containerdHosts(credentials),
          filename: 'hosts.toml',
        },
        {
          label: m.account_cred_node_auth({ path: '/etc/containerd/config.toml' }),
          code: formats.containerdAuth(credentials),
        },
      ],
    },
    {
      key: 'registries',
      label: m.account_cred_more_registries(),
      pieces: [
        {
          label: goesTo('/etc/rancher/k3s/registries.yaml, /etc/rancher/rke2/registries.yaml'),
          code: formats.registriesYaml(credentials),
          filename: 'registries.yaml',
        },
      ],
    },
    {
      key: 'podman',
      label: m.account_cred_more_podman(),
      note: m.account_cred_overwrites(),
      pieces: [
        { code: formats.podmanConfig(credentials), filename: formats.authFile(username) },
        { code: formats.usePodmanConfig(username) },
      ],
    },
    {
      key: 'openshift',
      label: m.account_cred_more_openshift(),
      pieces: [
        docker,
        { label: m.account_cred_merge(), code: formats.openShiftMerge(credentials) },
      ],
    },
    {
      key: 'tools',
      label: m.account_cred_more_tools(),
      note: m.account_cred_login_safe(),
      pieces: (['helm', 'oras', 'skopeo', 'crane'] as const).map((program) => ({
        code: formats.safeLogin(program, credentials),
      })),
    },
    {
      key: 'nomad',
      label: m.account_cred_more_nomad(),
      pieces: [{ code: formats.nomadTask(credentials) }],
    },
    {
      key: 'netrc',
      label: m.account_cred_more_netrc(),
      note: m.account_cred_netrc_note(),
      pieces: [{ label: goesTo('~/.netrc'), code: formats.netrc(credentials) }],
    },
    {
      key: 'environment',
      label: m.account_cred_more_env(),
      pieces: [{ code: formats.environment(credentials) }],
    },
    {
      key: 'rkt',
      label: m.account_cred_more_rkt(),
      pieces: [
        { code: formats.rktConfig(credentials), filename: formats.rktFile(credentials) },
        { code: formats.useRktConfig(credentials) },
      ],
    },
    {
      key: 'mesos',
      label: m.account_cred_more_mesos(),
      note: m.account_cred_mesos_note(),
      pieces: [
        docker,
        { code: formats.mesosPack(username) },
        { code: formats.marathonApplication(username) },
      ],
    },
  ]
}
