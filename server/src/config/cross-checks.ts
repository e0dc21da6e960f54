import type { ConfigKeys } from './config-schema.ts'
import { chosenLocation, locationProblem } from './storage-config.ts'

/** What several keys have to agree on. Skipped while one of them is itself wrong. */
interface CrossCheck {
  /** The first is the one that gets the blame. */
  readonly keys: readonly (keyof ConfigKeys)[]
  /** What was expected, when the keys do not agree. */
  readonly wrong: (keys: ConfigKeys, files: ReadonlySet<string>) => string | undefined
  /** What was found, when the key's own value does not say it. */
  readonly found?: (keys: ConfigKeys, files: ReadonlySet<string>) => string
}

export const crossChecks: readonly CrossCheck[] = [
  {
    keys: ['PREFERRED_URL_SCHEME', 'EXTERNAL_TLS_TERMINATION'],
    wrong: (keys, files) => {
      if (keys.PREFERRED_URL_SCHEME === 'http' || keys.EXTERNAL_TLS_TERMINATION) return undefined
      const missing = missingCertificates(files)
      if (missing.length === 0) return undefined
      return missing.length === 2
        ? 'Certificates are required for SSL but are not present'
        : `Certificate ${missing.join()} is required for HostSettings .`
    },
    found: (_keys, files) => `https, without ${missingCertificates(files).join(' and ')} beside it`,
  },
  {
    keys: ['DEFAULT_TAG_EXPIRATION', 'TAG_EXPIRATION_OPTIONS'],
    wrong: ({ DEFAULT_TAG_EXPIRATION: chosen, TAG_EXPIRATION_OPTIONS: options }) =>
      options.includes(chosen)
        ? undefined
        : 'The default tag expiration period must be included in the allowed expiration periods.',
  },
  {
    keys: ['DISTRIBUTED_STORAGE_PREFERENCE', 'DISTRIBUTED_STORAGE_CONFIG'],
    wrong: ({ DISTRIBUTED_STORAGE_PREFERENCE: wanted, DISTRIBUTED_STORAGE_CONFIG: all }) => {
      const absent = wanted.filter((name) => !all.has(name))
      return absent.length === 0
        ? undefined
        : `DISTRIBUTED_STORAGE_PREFERENCE must name locations of DISTRIBUTED_STORAGE_CONFIG; ${absent.join(', ')} is not there`
    },
  },
  {
    keys: ['DISTRIBUTED_STORAGE_CONFIG', 'DISTRIBUTED_STORAGE_PREFERENCE'],
    wrong: ({ DISTRIBUTED_STORAGE_CONFIG: all, DISTRIBUTED_STORAGE_PREFERENCE: wanted }) => {
      const name = chosenLocation(all, wanted) ?? ''
      const location = all.get(name)
      return location && locationProblem(name, location)
    },
  },
  {
    keys: ['MOORING_HTTPS_PORT', 'MOORING_HTTP_PORT', 'MOORING_METRICS_PORT'],
    wrong: (keys) => {
      const ports = [keys.MOORING_HTTP_PORT, keys.MOORING_HTTPS_PORT, keys.MOORING_METRICS_PORT]
      const fixed = ports.filter((port) => port !== 0)
      return new Set(fixed).size === fixed.length
        ? undefined
        : 'MOORING_HTTP_PORT, MOORING_HTTPS_PORT and MOORING_METRICS_PORT must differ'
    },
    found: (keys) =>
      [keys.MOORING_HTTP_PORT, keys.MOORING_HTTPS_PORT, keys.MOORING_METRICS_PORT].join(', '),
  },
]

function missingCertificates(files: ReadonlySet<string>): readonly string[] {
  return ['ssl.cert', 'ssl.key'].filter((name) => !files.has(name))
}
