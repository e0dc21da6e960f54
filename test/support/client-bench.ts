import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, tryProgram, type ProgramOptions, type ProgramResult } from './cli.ts'
import { startPeerRegistry } from './peer-registry.ts'
import { findProgram, programPath } from './programs.ts'
import type { RegistryClient } from './registry-client.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './server.ts'
import { createTemporaryFolder, type TemporaryFolder } from './temporary.ts'

/** A registry as its clients see it: a name, an authority and an account. */
export interface ClientRegistry {
  readonly host: string
  readonly caFile: string
  readonly username: string
  readonly password: string
}

/** A home folder in which container clients find their settings and nobody else's. */
export interface ClientHome extends AsyncDisposable {
  readonly folder: TemporaryFolder
  readonly env: Readonly<Record<string, string>>
  /** Runs a client that has to succeed. @returns its stdout. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<string>
  /** Runs a client that may fail. */
  attempt(program: string, args: readonly string[], options?: RunOptions): Promise<ProgramResult>
}

export type RunOptions = Omit<ProgramOptions, 'env'> & {
  readonly env?: Readonly<Record<string, string>>
}

export interface HomeOptions {
  /** Without: clients have to log in themselves. */
  readonly signedIn?: boolean
  /** Without: clients meet a certificate that nobody vouches for. */
  readonly trusting?: boolean
}

export function createClientHome(
  registries: readonly ClientRegistry[],
  { signedIn = true, trusting = true }: HomeOptions = {},
): ClientHome {
  const folder = createTemporaryFolder('client')
  const config = folder.join('.config/containers')
  for (const path of [config, folder.join('.docker'), folder.join('run'), folder.join('tmp')]) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  }
  if (trusting) trust(folder, registries)
  const auths = registries.map(({ host, username, password }) => {
    return [host, { auth: Buffer.from(`${username}:${password}`).toString('base64') }] as const
  })
  writeJson(folder.join('.docker/config.json'), {
    auths: signedIn ? Object.fromEntries(auths) : {},
  })
  writeJson(join(config, 'policy.json'), { default: [{ type: 'insecureAcceptAnything' }] })
  writeFileSync(join(config, 'registries.conf'), 'unqualified-search-registries = []\n')
  writeFileSync(join(config, 'containers.conf'), containersConf)
  writeFileSync(join(config, 'storage.conf'), storageConf(folder))

  const env = {
    PATH: programPath,
    LANG: 'C.UTF-8',
    HOME: folder.path,
    TMPDIR: folder.join('tmp'),
    XDG_CONFIG_HOME: folder.join('.config'),
    XDG_CACHE_HOME: folder.join('.cache'),
    XDG_DATA_HOME: folder.join('.local/share'),
    XDG_RUNTIME_DIR: folder.join('run'),
    DOCKER_CONFIG: folder.join('.docker'),
    REGISTRY_AUTH_FILE: folder.join('.docker/config.json'),
    CONTAINERS_CONF: join(config, 'containers.conf'),
    CONTAINERS_REGISTRIES_CONF: join(config, 'registries.conf'),
    CONTAINERS_STORAGE_CONF: join(config, 'storage.conf'),
    BUILDAH_ISOLATION: 'chroot',
    ...(trusting ? { SSL_CERT_FILE: folder.join('authorities.pem') } : {}),
  }
  const optionsOf = (options: RunOptions = {}): ProgramOptions => ({
    cwd: folder.path,
    ...options,
    env: { ...env, ...options.env },
  })
  const fileOf = (program: string) => findProgram(program) ?? program
  return {
    folder,
    env,
    run: (program, args, options) => runProgram(fileOf(program), args, optionsOf(options)),
    attempt: (program, args, options) => tryProgram(fileOf(program), args, optionsOf(options)),
    [Symbol.asyncDispose]: () => folder.remove(),
  }
}

/** Where docker, podman, buildah and skopeo look first, and what other clients are told. */
function trust(folder: TemporaryFolder, registries: readonly ClientRegistry[]): void {
  for (const { host, caFile } of registries) {
    const certificates = folder.join('.config/containers/certs.d', host)
    mkdirSync(certificates, { recursive: true })
    copyFileSync(caFile, join(certificates, 'ca.crt'))
  }
  const all = registries.map(({ caFile }) => readFileSync(caFile, 'utf8'))
  writeFileSync(folder.join('authorities.pem'), all.join('\n'))
}

// Explicit limits and runc: container engines inside a container have less to work with.
const containersConf = `
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=1000:1000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
`

const storageConf = (folder: TemporaryFolder) => `
[storage]
driver = "vfs"
graphroot = "${folder.join('storage')}"
runroot = "${folder.join('run/storage')}"
`

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value), { mode: 0o600 })
}

/** A registry, a signed-in client home and a client of our own to check what the others did. */
export interface ClientBench extends ClientHome {
  readonly registry: ClientRegistry
  /** Present when the registry under test is Mooring. */
  readonly server?: TestServer
  readonly api: RegistryClient
  /** `namespace/name`, as in paths under `/v2`. */
  repository(name: string): string
  /** `host:port/namespace/name`, as clients name it. */
  image(name: string): string
  /**
   * The registry with an account whose password is wrong. Nobody else uses the account, because
   * after a wrong password the right one has to wait as well.
   */
  forgetful(): Promise<ClientRegistry>
  /** The digest that the registry itself reports. */
  digestAt(name: string, reference: string): Promise<string>
}

/**
 * `MOORING_TEST_REGISTRY=distribution` runs the same clients against the reference registry: a test
 * that fails there as well says something about the client, not about us.
 */
export const isDistribution = process.env['MOORING_TEST_REGISTRY'] === 'distribution'

export async function startClientBench(options: TestServerOptions = {}): Promise<ClientBench> {
  const server = isDistribution ? undefined : await startTestServer(options)
  const registry = server ?? (await startPeerRegistry())
  try {
    const home = createClientHome([registry])
    const api = registry.client()
    const repository = (name: string) => `${registry.username}/${name}`
    let forgetfulCount = 0
    return {
      ...home,
      registry,
      ...(server === undefined ? {} : { server }),
      api,
      repository,
      image: (name) => `${registry.host}/${repository(name)}`,
      async forgetful() {
        if (server === undefined) return { ...registry, password: 'wrong-password' }
        forgetfulCount += 1
        const username = `forgetful${forgetfulCount}`
        await server.mooring(['user', 'add'], ['--json', username])
        return { ...registry, username, password: 'wrong-password' }
      },
      async digestAt(name, reference) {
        const answer = await api.headManifest(repository(name), reference)
        if (answer.status !== 200) throw new Error(`${name}:${reference} answers ${answer.status}`)
        return answer.header('docker-content-digest')
      },
      async [Symbol.asyncDispose]() {
        api.close()
        await home[Symbol.asyncDispose]()
        await registry.stop()
      },
    }
  } catch (error) {
    await registry.stop()
    throw error
  }
}
