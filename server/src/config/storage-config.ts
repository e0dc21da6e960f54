import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import type { StorageConfig } from './config.ts'
import { isInside } from './inside.ts'
import { parseS3Location, s3Drivers } from './s3-locations.ts'

/** The storage drivers that Quay knows. */
const drivers: ReadonlySet<string> = new Set([
  'LocalStorage',
  'RHOCSStorage',
  'RadosGWStorage',
  'IBMCloudStorage',
  'S3Storage',
  'STSS3Storage',
  'GoogleCloudStorage',
  'AzureStorage',
  'CloudFrontedS3Storage',
  'SwiftStorage',
  'CloudFlareStorage',
  'MultiCDNStorage',
])

export interface StorageLocation {
  readonly driver: string
  /** Of LocalStorage alone. */
  readonly path?: string
  /** Of the drivers that speak to an S3 service. What is wrong in it matters when it is used. */
  readonly s3?: ReturnType<typeof parseS3Location>
}

/** `{ location: [driver, { parameters }] }`, in the order of the file. */
export const storageLocations = () =>
  z
    .record(z.string(), z.unknown(), {
      error: ({ input }) => (input === undefined ? 'is required' : 'must be of type object'),
    })
    .transform((locations, context) => {
      if (Object.keys(locations).length === 0) {
        context.addIssue({
          code: 'custom',
          message: 'DISTRIBUTED_STORAGE_CONFIG must contain at least one storage location.',
        })
      }
      const result = new Map<string, StorageLocation>()
      for (const [name, value] of Object.entries(locations)) {
        const location = parseLocation(value)
        if ('wrong' in location) {
          const path = [name, ...location.path]
          context.addIssue({ code: 'custom', message: location.wrong, path })
        } else {
          result.set(name, location)
        }
      }
      return result
    })

interface WrongLocation {
  readonly wrong: string
  readonly path: readonly (string | number)[]
}

function parseLocation(value: unknown): StorageLocation | WrongLocation {
  const about = (part: string) => `${part} in DISTRIBUTED_STORAGE_CONFIG must be`
  if (!Array.isArray(value) || value.length !== 2) {
    const wrong = 'DISTRIBUTED_STORAGE_CONFIG object values must be of form (Name, Args)'
    return { wrong, path: [] }
  }
  const [driver, parameters] = value as [unknown, unknown]
  if (typeof driver !== 'string') {
    return { wrong: `${about('First index of value')} a string`, path: [0] }
  }
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    return { wrong: `${about('Second index of value')} an object`, path: [1] }
  }
  if (!drivers.has(driver))
    return { wrong: `${driver.slice(0, 60)} is not a valid storage type.`, path: [0] }
  if (driver !== 'LocalStorage') {
    return { driver, s3: parseS3Location(driver, parameters as Record<string, unknown>) }
  }

  const path: unknown = 'storage_path' in parameters ? parameters.storage_path : undefined
  if (path === undefined || path === '') return { wrong: 'is required', path: ['storage_path'] }
  if (typeof path !== 'string' || path.includes('\0')) {
    return { wrong: 'must be of type string', path: ['storage_path'] }
  }
  if (!isAbsolute(path) && !isInside(path)) {
    const wrong = 'must be an absolute path or a path inside the data directory'
    return { wrong, path: ['storage_path'] }
  }
  return { driver, path }
}

/** The location in use: the first preferred one, else the first of all. */
export function chosenLocation(
  locations: ReadonlyMap<string, StorageLocation>,
  preference: readonly string[],
): string | undefined {
  return preference[0] ?? locations.keys().next().value
}

/** What keeps a location from being used. */
export function locationProblem(name: string, location: StorageLocation): string | undefined {
  if (location.path !== undefined) return undefined
  const { driver, s3 } = location
  if (s3 === undefined) {
    const supported = ['LocalStorage', ...s3Drivers].join(', ')
    return `${driver} is not supported by this version; use one of ${supported}`
  }
  if (!('wrong' in s3)) return undefined
  return `DISTRIBUTED_STORAGE_CONFIG.${name}.${s3.parameter} ${s3.wrong}`
}

export function storageConfig(
  locations: ReadonlyMap<string, StorageLocation>,
  preference: readonly string[],
  dataDir: string,
): StorageConfig | undefined {
  const location = chosenLocation(locations, preference)
  const chosen = locations.get(location ?? '')
  if (location === undefined || chosen === undefined) return undefined
  const others = [...locations.keys()].filter((name) => name !== location)
  const place = { location, ...(others.length > 0 && { others }) }
  const { path, s3 } = chosen
  if (path !== undefined) return { kind: 'disk', ...place, path: resolve(dataDir, path) }
  if (s3 === undefined || 'wrong' in s3) return undefined
  return { kind: 's3', ...place, ...s3, stagingPath: resolve(dataDir, 'staging') }
}
