import { ConfigError, type ConfigProblem, type Environment } from '../config/config.ts'

export interface FirstStartFlags {
  /** `--hostname`: the name, or `name:port`, by which clients reach the registry. */
  readonly hostname?: string
  /** `--port`: HTTPS. */
  readonly port?: string | number
  readonly httpPort?: string | number
  readonly metricsPort?: string | number
}

const ports = [
  { name: 'port', flag: '--port', key: 'MOORING_HTTPS_PORT', usual: 8443 },
  { name: 'httpPort', flag: '--http-port', key: 'MOORING_HTTP_PORT', usual: 8080 },
  { name: 'metricsPort', flag: '--metrics-port', key: 'MOORING_METRICS_PORT', usual: 9091 },
] as const

export interface FirstPorts {
  /** By key of config.yaml: ports given by flag that are not the usual ones. */
  readonly toWrite: Readonly<Record<string, number>>
  /** The HTTPS port that clients will use; undefined when the system picks one. */
  readonly httpsPort: number | undefined
}

/** @throws ConfigError naming each flag or variable that is no port. */
export function firstPorts(flags: FirstStartFlags, env: Environment): FirstPorts {
  const problems: ConfigProblem[] = []
  const toWrite: Record<string, number> = {}
  const inUse = new Map<string, number>()

  for (const { name, flag, key, usual } of ports) {
    const given = flags[name]
    const fromEnv = env[key] === '' ? undefined : env[key]
    const port = Number(given ?? fromEnv ?? usual)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      problems.push({
        key,
        source: given === undefined ? `environment ${key}` : `flag ${flag}`,
        found: JSON.stringify(given ?? fromEnv),
        expected: `${key} must be of type int, from 0 to 65535`,
      })
    }
    inUse.set(key, port)
    // Port 0 asks for any free port, this time; there is nothing in it to remember.
    if (given !== undefined && port !== usual && port !== 0) toWrite[key] = port
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { toWrite, httpsPort: inUse.get('MOORING_HTTPS_PORT') || undefined }
}
