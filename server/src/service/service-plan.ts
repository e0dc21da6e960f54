import path from 'node:path'
import { ServiceError } from './service-codes.ts'

export type Scope = 'system' | 'user'

/** Who starts the server again: systemd, or without it podman or nobody. */
export type Supervisor = 'systemd' | 'podman' | 'process'

/** The whole registry, or the workers of its mirrors alone (C5, M8.6-1). */
export type ServiceMode = 'registry' | 'repomirror'

interface CommonPlan {
  readonly mode: ServiceMode
  readonly scope: Scope
  readonly supervisor: Supervisor
  /** Of the unit, the container and, for a system service, the account. */
  readonly name: string
  readonly dataDir: string
  readonly configDir: string
  readonly places: Places
  /** Settings of the server's process, kept in a file beside the unit. */
  readonly environment: Readonly<Record<string, string>>
}

export interface ProgramPlan extends CommonPlan {
  readonly form: 'program'
  readonly node: string
  readonly script: string
}

export interface ContainerPlan extends CommonPlan {
  readonly form: 'container'
  readonly image: string
  /** Ports of this machine; inside the container they are always the same. */
  readonly ports: Readonly<Record<'https' | 'http' | 'metrics', number>>
}

export type ServicePlan = ProgramPlan | ContainerPlan

/** How a container is told; the program calls the registry `serve`. */
export const wordOf = ({ mode, form }: ServicePlan): string =>
  form === 'program' && mode === 'registry' ? 'serve' : mode

/** Where the parts of a service lie on this machine. */
export interface Places {
  readonly unitFile: string
  readonly quadletFile: string
  readonly environmentFile: string
  /** What was installed, for the commands that follow. */
  readonly recordFile: string
  readonly dataDir: string
}

/** Inside the container, as in Quay's image. */
export const containerPaths = { configDir: '/conf/stack', dataDir: '/datastorage' } as const
export const containerPorts = { https: 8443, http: 8080, metrics: 9091 } as const
export const containerUser = 1001

export function placesOf(
  scope: Scope,
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Places {
  if (scope === 'system') {
    return {
      unitFile: `/etc/systemd/system/${name}.service`,
      quadletFile: `/etc/containers/systemd/${name}.container`,
      environmentFile: `/etc/${name}/${name}.env`,
      recordFile: `/etc/${name}/service.json`,
      dataDir: `/var/lib/${name}`,
    }
  }
  const home = env['HOME'] ?? '/'
  const config = env['XDG_CONFIG_HOME'] ?? path.join(home, '.config')
  const data = env['XDG_DATA_HOME'] ?? path.join(home, '.local/share')
  return {
    unitFile: path.join(config, 'systemd/user', `${name}.service`),
    quadletFile: path.join(config, 'containers/systemd', `${name}.container`),
    environmentFile: path.join(config, name, `${name}.env`),
    recordFile: path.join(config, name, 'service.json'),
    dataDir: path.join(data, name),
  }
}

/** Units split at spaces, expand percent signs and dollars, and volumes split at colons. */
export function requireUnitPath(value: string): string {
  if (!/^\/[\w@+,./=-]*$/.test(value)) throw new ServiceError('MOOR-SVC-007', value)
  return value
}

/** Both systemd and a shell read this file: single quotes mean the same to both. */
export function environmentFile(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([key, value]) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(key) || /['\n\r\0]/.test(value)) {
      throw new ServiceError('MOOR-SVC-007', `${key}=${value}`)
    }
    return `${key}='${value}'\n`
  })
  return `# Settings of the Mooring service; a restart applies changes.\n${lines.join('')}`
}

export function parseEnvironmentFile(text: string): Readonly<Record<string, string>> {
  const assignments = text.matchAll(/^([A-Z][A-Z0-9_]*)=(?:'([^'\n]*)'|"([^"\n]*)"|([^\n]*))$/gm)
  return Object.fromEntries(
    [...assignments].map(([, key = '', single, double, bare]) => [
      key,
      single ?? double ?? bare ?? '',
    ]),
  )
}

/** podman takes the file literally, quotes included. */
export function containerEnvironmentFile(environment: Readonly<Record<string, string>>): string {
  return environmentFile(environment).replaceAll(/^([A-Z0-9_]+)='(.*)'$/gm, '$1=$2')
}
