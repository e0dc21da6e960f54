import type { ConfigProblem } from './config-error.ts'
import { readYaml } from './yaml-values.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Command line flags, by the word that the user types: `--port` is `port`. */
export interface ConfigFlags {
  /** `--host`: the one address to bind. */
  readonly host?: string
  /** `--port`: the HTTPS port. */
  readonly port?: string | number
  readonly httpPort?: string | number
  readonly metricsPort?: string | number
}

export interface Sourced {
  readonly value: unknown
  /** `config.yaml line 4`, `environment MOORING_HTTP_PORT`, `flag --port`. */
  readonly source: string
}

const ownKeys = [
  'MOORING_LISTEN_HOST',
  'MOORING_HTTP_HOST',
  'MOORING_METRICS_HOST',
  'MOORING_HTTP_PORT',
  'MOORING_HTTPS_PORT',
  'MOORING_METRICS_PORT',
] as const

/** As other programs of the machine know them, in capitals or not. */
const proxyKeys = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const

const flagKeys = [
  ['host', '--host', 'MOORING_LISTEN_HOST'],
  ['port', '--port', 'MOORING_HTTPS_PORT'],
  ['httpPort', '--http-port', 'MOORING_HTTP_PORT'],
  ['metricsPort', '--metrics-port', 'MOORING_METRICS_PORT'],
] as const

/** All settings given anywhere; what comes later wins: file, environment, flags. */
export function gatherSettings(given: { fileText: string; env: Environment; flags: ConfigFlags }): {
  settings: ReadonlyMap<string, Sourced>
  problems: readonly ConfigProblem[]
} {
  const { fileText, env, flags } = given
  const settings = new Map<string, Sourced>()
  const problems: ConfigProblem[] = []

  const file = readYaml(fileText, 'core')
  for (const { line, found, expected } of file.mistakes) {
    problems.push({ key: 'config.yaml', source: `config.yaml line ${line}`, found, expected })
  }
  for (const [key, { value, line }] of file.values) {
    settings.set(key, { value, source: `config.yaml line ${line}` })
  }

  const override = env['QUAY_OVERRIDE_CONFIG'] ?? ''
  if (override !== '') {
    const source = 'environment QUAY_OVERRIDE_CONFIG'
    const json = readYaml(override, 'json')
    for (const { found, expected } of json.mistakes) {
      problems.push({ key: 'QUAY_OVERRIDE_CONFIG', source, found, expected })
    }
    for (const [key, { value }] of json.values) settings.set(key, { value, source })
  }

  const preference = env['QUAY_DISTRIBUTED_STORAGE_PREFERENCE']?.trim() ?? ''
  if (preference !== '') {
    settings.set('DISTRIBUTED_STORAGE_PREFERENCE', {
      value: preference.split(/\s+/),
      source: 'environment QUAY_DISTRIBUTED_STORAGE_PREFERENCE',
    })
  }

  for (const key of ownKeys) {
    const value = env[key] ?? ''
    if (value !== '') settings.set(key, { value, source: `environment ${key}` })
  }
  for (const key of proxyKeys) {
    const name = env[key] === undefined ? key.toLowerCase() : key
    const value = env[name]?.trim() ?? ''
    if (value !== '') settings.set(key, { value, source: `environment ${name}` })
  }
  for (const [name, flag, key] of flagKeys) {
    const value = flags[name]
    if (value !== undefined) settings.set(key, { value, source: `flag ${flag}` })
  }

  for (const [key, { value }] of settings) if (value === null) settings.delete(key)
  return { settings, problems }
}
