import { bracketHost } from '../pull-commands/pull-commands.ts'

/** A name and a secret that a client signs in with at a registry. */
export interface Credentials {
  readonly username: string
  readonly password: string
  /** `host[:port]` of the registry. */
  readonly host: string
}

/** What a stored secret is for: the whole registry, or one namespace of it. */
export interface ScopedCredentials extends Credentials {
  readonly namespace?: string | undefined
}

const scopeOf = ({ host, namespace }: ScopedCredentials) =>
  namespace === undefined ? bracketHost(host) : `${bracketHost(host)}/${namespace}`

/** Letters beyond Latin-1 too, which `btoa` alone refuses. */
export function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

const basicAuth = ({ username, password }: Credentials) => toBase64(`${username}:${password}`)

/** In single quotes a shell reads nothing but the end of them. */
export const shellQuote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** What the account is called in names of files and objects. */
export function objectName(username: string): string {
  return username.replaceAll(/[^a-zA-Z0-9]/g, '-').replace(/^-+/, '')
}

/** Objects of Kubernetes have small letters alone, and a letter or digit at both ends. */
export const secretName = (username: string) =>
  `${objectName(username).toLowerCase().replace(/-+$/, '')}-pull-secret`

export type LoginProgram = 'podman' | 'docker' | 'helm' | 'oras' | 'skopeo' | 'crane'

const loginWords: Readonly<Record<LoginProgram, string>> = {
  podman: 'podman login',
  docker: 'docker login',
  helm: 'helm registry login',
  oras: 'oras login',
  skopeo: 'skopeo login',
  crane: 'crane auth login',
}

/** The password is asked for or piped in: it is neither in the history nor in the list of processes. */
export function safeLogin(program: LoginProgram, { username, host }: Credentials): string {
  const name = shellQuote(username)
  return `${loginWords[program]} -u=${name} --password-stdin ${bracketHost(host)}`
}

/** All in one line, as scripts have it. */
export function quickLogin(program: LoginProgram, credentials: Credentials): string {
  const { username, password, host } = credentials
  const words = loginWords[program]
  return `${words} -u=${shellQuote(username)} -p=${shellQuote(password)} ${bracketHost(host)}`
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** `~/.docker/config.json` */
export function dockerConfig(credentials: ScopedCredentials): string {
  return json({ auths: { [scopeOf(credentials)]: { auth: basicAuth(credentials), email: '' } } })
}

/** `~/.config/containers/auth.json` */
export function podmanConfig(credentials: ScopedCredentials): string {
  return json({ auths: { [scopeOf(credentials)]: { auth: basicAuth(credentials) } } })
}

export function kubernetesSecret(credentials: ScopedCredentials): string {
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${secretName(credentials.username)}
data:
  .dockerconfigjson: ${toBase64(dockerConfig(credentials))}
type: kubernetes.io/dockerconfigjson
`
}

export const secretFile = (username: string) => `${objectName(username)}-secret.yml`
export const authFile = (username: string) => `${objectName(username)}-auth.json`

export const createSecret = (username: string) =>
  `kubectl create -f ${secretFile(username)} --namespace=NAMESPACEHERE`

export function examplePod({ username, host, namespace }: ScopedCredentials): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: somepod
spec:
  containers:
    - name: web
      image: ${bracketHost(host)}/${namespace ?? 'NAMESPACE'}/REPOSITORY:TAG
  imagePullSecrets:
    - name: ${secretName(username)}
`
}

export const useDockerConfig = (username: string) =>
  `mkdir -p ~/.docker && mv ${authFile(username)} ~/.docker/config.json`

export const usePodmanConfig = (username: string) =>
  `mkdir -p ~/.config/containers && mv ${authFile(username)} ~/.config/containers/auth.json`

/** JSON's texts are texts of YAML and TOML too. */
const quoted = (text: string) => JSON.stringify(text)

/** `/etc/containerd/certs.d/HOST/hosts.toml` */
export function containerdHosts({ host, ...credentials }: Credentials): string {
  const address = `https://${bracketHost(host)}`
  return `server = ${quoted(address)}

[host.${quoted(address)}]
  capabilities = ["pull", "resolve"]

  [host.${quoted(address)}.header]
    Authorization = ${quoted(`Basic ${basicAuth({ host, ...credentials })}`)}
`
}

/** Of Kubernetes nodes: a piece of `/etc/containerd/config.toml` (version 3 of the file). */
export function containerdAuth({ host, username, password }: Credentials): string {
  const plugin = 'plugins."io.containerd.cri.v1.images".registry'
  return `[${plugin}]
  config_path = "/etc/containerd/certs.d"

[${plugin}.configs.${quoted(bracketHost(host))}.auth]
  username = ${quoted(username)}
  password = ${quoted(password)}
`
}

/** `registries.yaml` of k3s and RKE2 */
export function registriesYaml({ host, username, password }: Credentials): string {
  return `configs:
  ${quoted(bracketHost(host))}:
    auth:
      username: ${quoted(username)}
      password: ${quoted(password)}
`
}

/** Adds these credentials to those that every node of an OpenShift cluster has. */
export function openShiftMerge({ username }: Credentials): string {
  return `oc get secret/pull-secret -n openshift-config \\
  --template='{{index .data ".dockerconfigjson" | base64decode}}' > pull-secret.json
jq -s '.[0] * .[1]' pull-secret.json ${authFile(username)} > merged.json
oc set data secret/pull-secret -n openshift-config --from-file=.dockerconfigjson=merged.json
rm pull-secret.json merged.json
`
}

/** The `config` of a task of the docker driver */
export function nomadTask({ host, username, password }: Credentials): string {
  return `config {
  image = ${quoted(`${bracketHost(host)}/NAMESPACE/REPOSITORY:TAG`)}

  auth {
    username = ${hclText(username)}
    password = ${hclText(password)}
  }
}
`
}

const hclText = (text: string) =>
  quoted(text)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{')

/** Ports are unknown to it. */
export function netrc({ host, username, password }: Credentials): string {
  const { hostname } = new URL(`https://${bracketHost(host)}`)
  const name = hostname.replaceAll(/^\[|\]$/g, '')
  return `machine ${name}\n  login ${username}\n  password ${password}\n`
}

export function environment({ host, username, password }: Credentials): string {
  return `export REGISTRY=${shellQuote(bracketHost(host))}
export REGISTRY_USERNAME=${shellQuote(username)}
export REGISTRY_PASSWORD=${shellQuote(password)}
printf '%s' "$REGISTRY_PASSWORD" | podman login -u "$REGISTRY_USERNAME" --password-stdin "$REGISTRY"
`
}

export const rktFile = ({ host }: Credentials) => `${bracketHost(host)}.json`

export function rktConfig({ host, username, password }: Credentials): string {
  return json({
    ...{ rktKind: 'auth', rktVersion: 'v1', domains: [bracketHost(host)], type: 'basic' },
    credentials: { user: username, password },
  })
}

export const useRktConfig = (credentials: Credentials) =>
  `mv ${shellQuote(rktFile(credentials))} /etc/rkt/auth.d/`

const mesosArchive = (username: string) => `${objectName(username)}-credentials.tar.gz`

export const mesosPack = (username: string) =>
  `mkdir -p .docker && mv ${authFile(username)} .docker/config.json
tar -czf ${mesosArchive(username)} .docker/config.json
`

/** The piece of a Marathon application that fetches the archive. */
export const marathonApplication = (username: string) =>
  json({ uris: [`file:///etc/${mesosArchive(username)}`] })
