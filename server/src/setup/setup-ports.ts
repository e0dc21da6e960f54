import type { Environment } from '../config/config.ts'
import type { Machine } from './step.ts'

/**
 * An installer says in these where its setup waits, and what that setup proposes. Unlike the ports of
 * the registry in the environment they do not stand above what is chosen in the setup.
 */
const keys = {
  httpsPort: 'HTTPS_PORT',
  httpPort: 'HTTP_PORT',
  metricsPort: 'METRICS_PORT',
} as const

export function proposedPorts(env: Environment): NonNullable<Machine['proposedPorts']> {
  return Object.fromEntries(
    Object.entries(keys).flatMap(([field, key]) => {
      const port = Number(env[`MOORING_SETUP_${key}`] ?? '')
      return Number.isInteger(port) && port > 0 && port <= 65_535 ? [[field, port]] : []
    }),
  )
}

/** As the ports of the registry would be given. */
export function withSetupPorts(env: Environment): Environment {
  const given: Record<string, string> = {}
  for (const key of Object.values(keys)) {
    const port = env[`MOORING_SETUP_${key}`] ?? ''
    if (port !== '') given[`MOORING_${key}`] = port
  }
  return { ...env, ...given }
}
