/** What somebody types who comes to a new registry with one of the usual tools. */
export interface ClientCommands {
  readonly trust: string
  /** Undefined: it keeps no login, and asks at each push. */
  readonly signIn: string | undefined
  readonly push: string
}

export const doneClients = ['podman', 'docker', 'containerd', 'k3s', 'skopeo'] as const
export type DoneClient = (typeof doneClients)[number]

export const clientTitles: Readonly<Record<DoneClient, string>> = {
  podman: 'Podman',
  docker: 'Docker',
  containerd: 'containerd',
  k3s: 'k3s',
  skopeo: 'Skopeo',
}

const sample = 'docker.io/library/busybox:latest'
const lines = (...all: readonly string[]) => all.join('\n')

/** @param username empty: nobody knows any more */
export function commandsFor(
  client: DoneClient,
  { address, username }: { readonly address: string; readonly username: string },
): ClientCommands {
  const host = address.replace(/^https?:\/\//, '')
  const image = `${host}/${username === '' ? 'team' : username}/busybox:latest`
  const fetched = `curl -k ${address}/ca.crt`
  const into = (folder: string) =>
    lines(`sudo mkdir -p ${folder}`, `${fetched} | sudo tee ${folder}/ca.crt`)
  const login = (tool: string) =>
    username === '' ? `${tool} login ${host}` : `${tool} login --username ${username} ${host}`
  const user = username === '' ? 'NAME' : username
  const copied = (tool: string) =>
    lines(`${tool} pull ${sample}`, `${tool} tag ${sample} ${image}`, `${tool} push ${image}`)
  switch (client) {
    case 'podman':
      return {
        trust: into(`/etc/containers/certs.d/${host}`),
        signIn: login('podman'),
        push: copied('podman'),
      }
    case 'docker':
      return {
        trust: into(`/etc/docker/certs.d/${host}`),
        signIn: login('docker'),
        push: copied('docker'),
      }
    case 'skopeo':
      return {
        trust: into(`/etc/containers/certs.d/${host}`),
        signIn: login('skopeo'),
        push: `skopeo copy docker://${sample} docker://${image}`,
      }
    case 'containerd': {
      const folder = `/etc/containerd/certs.d/${host}`
      const ctr = 'sudo ctr images'
      return {
        trust: lines(
          into(folder),
          `sudo tee ${folder}/hosts.toml <<'END'`,
          `server = "${address}"`,
          `[host."${address}"]`,
          `  ca = "${folder}/ca.crt"`,
          'END',
        ),
        signIn: undefined,
        push: lines(
          `${ctr} pull --all-platforms ${sample}`,
          `${ctr} tag ${sample} ${image}`,
          `${ctr} push --hosts-dir /etc/containerd/certs.d --user ${user} ${image}`,
        ),
      }
    }
    case 'k3s': {
      const folder = '/etc/rancher/k3s'
      // What k3s makes of registries.yaml as it starts.
      const generated = '/var/lib/rancher/k3s/agent/etc/containerd/certs.d'
      return {
        trust: lines(
          `${fetched} | sudo tee ${folder}/mooring-ca.crt`,
          `sudo tee ${folder}/registries.yaml <<'END'`,
          'configs:',
          `  "${host}":`,
          '    tls:',
          `      ca_file: ${folder}/mooring-ca.crt`,
          'END',
          'sudo systemctl restart k3s',
        ),
        signIn: lines(
          'kubectl create secret docker-registry mooring \\',
          `  --docker-server=${host} --docker-username=${user} --docker-password=PASSWORD`,
        ),
        push: lines(
          `sudo k3s ctr images pull --all-platforms ${sample}`,
          `sudo k3s ctr images tag ${sample} ${image}`,
          `sudo k3s ctr images push --hosts-dir ${generated} --user ${user} ${image}`,
        ),
      }
    }
  }
}
