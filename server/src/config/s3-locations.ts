import type { S3StorageConfig } from './config.ts'
import { Secret } from './secret.ts'

type Parameters = Readonly<Record<string, unknown>>

/** What the parameters of a location say; the rest of its configuration is the same for all. */
export type S3Location = Omit<S3StorageConfig, 'kind' | 'location' | 'others' | 'stagingPath'>

/** A parameter that is wrong, and what was expected of it. */
class WrongParameter extends Error {
  readonly parameter: string

  constructor(parameter: string, expected: string) {
    super(expected)
    this.parameter = parameter
  }
}

const mebibyte = 1024 * 1024
const usualRegion = 'us-east-1'
/** Smaller parts cost more requests than they save memory. */
const smallestPart = 8 * mebibyte
const largestPart = 512 * mebibyte

/** Of which everything is known but the region. */
const amazonHost = /^s3(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/

/** The drivers that speak to an S3 service, by name (engines, 1.3). */
const drivers: Readonly<Record<string, (parameters: Parameters) => S3Location>> = {
  S3Storage: amazonLocation,
  RadosGWStorage: ownServerLocation,
  RHOCSStorage: ownServerLocation,
  IBMCloudStorage: ownServerLocation,
  GoogleCloudStorage: googleLocation,
}

export const s3Drivers: readonly string[] = Object.keys(drivers)

/** Undefined for a driver that is none of these. */
export function parseS3Location(
  driver: string,
  parameters: Parameters,
): S3Location | { readonly wrong: string; readonly parameter: string } | undefined {
  const parse = drivers[driver]
  try {
    return parse?.(parameters)
  } catch (error) {
    if (!(error instanceof WrongParameter)) throw error
    return { wrong: error.message, parameter: error.parameter }
  }
}

function amazonLocation(parameters: Parameters): S3Location {
  const region = optional(parameters, 's3_region')
  const id = optional(parameters, 's3_access_key')
  const secret = optional(parameters, 's3_secret_key')
  if ((id === undefined) !== (secret === undefined)) {
    const missing = id === undefined ? 's3_access_key' : 's3_secret_key'
    throw new WrongParameter(missing, 'is required when the other key is given')
  }
  const token = optional(parameters, 'aws_session_token')
  const endpoint = endpointOf(parameters, 'host', true)
  const amazon = endpoint === undefined ? undefined : amazonHost.exec(new URL(endpoint).hostname)
  return {
    ...common(parameters, 's3_bucket', 1024),
    region: region ?? amazon?.[1] ?? usualRegion,
    ...(endpoint !== undefined && !amazon && { endpoint }),
    ...(id !== undefined &&
      secret !== undefined && {
        credentials: {
          accessKeyId: id,
          secretAccessKey: new Secret(secret),
          ...(token !== undefined && { sessionToken: new Secret(token) }),
        },
      }),
    encrypts: true,
  }
}

function ownServerLocation(parameters: Parameters): S3Location {
  required(parameters, 'hostname')
  if (parameters['is_secure'] === undefined) throw new WrongParameter('is_secure', 'is required')
  const endpoint = endpointOf(parameters, 'hostname', false)
  return {
    ...common(parameters, 'bucket_name', 1),
    region: optional(parameters, 'region_name') ?? usualRegion,
    ...(endpoint !== undefined && { endpoint }),
    ...givenKeys(parameters),
    encrypts: false,
  }
}

function googleLocation(parameters: Parameters): S3Location {
  return {
    ...common(parameters, 'bucket_name', 1),
    region: 'auto',
    endpoint: 'https://storage.googleapis.com',
    ...givenKeys(parameters),
    encrypts: false,
  }
}

function givenKeys(parameters: Parameters): Pick<S3Location, 'credentials'> {
  const accessKeyId = required(parameters, 'access_key')
  return {
    credentials: { accessKeyId, secretAccessKey: new Secret(required(parameters, 'secret_key')) },
  }
}

function common(parameters: Parameters, bucketKey: string, maximumUnit: 1 | 1024) {
  const bucket = required(parameters, bucketKey)
  const version = optional(parameters, 'signature_version')
  if (version !== undefined && !/^(?:s3)?v4$/.test(version)) {
    throw new WrongParameter('signature_version', 'must be s3v4; older signatures are not made')
  }
  const maximumKey = maximumUnit === 1 ? 'maximum_chunk_size_mb' : 'maximum_chunk_size_gb'
  const most = sizeOf(parameters, maximumKey, maximumUnit) ?? largestPart
  const least = sizeOf(parameters, 'minimum_chunk_size_mb', 1) ?? 0
  const partBytes = Math.min(
    Math.max(least, smallestPart),
    Math.max(most, 5 * mebibyte),
    largestPart,
  )
  return { bucket, prefix: prefixOf(parameters), partBytes }
}

function prefixOf(parameters: Parameters): string {
  const path = required(parameters, 'storage_path').replaceAll(/^\/+|\/+$/g, '')
  if (path.split('/').includes('..')) {
    throw new WrongParameter('storage_path', 'must not contain ..')
  }
  return path
}

function endpointOf(parameters: Parameters, hostKey: string, usuallySecure: boolean) {
  const url = optional(parameters, 'endpoint_url')
  const host = optional(parameters, hostKey)
  if (url !== undefined && host !== undefined && hostKey === 'host') {
    throw new WrongParameter('host', 'must not be given together with endpoint_url')
  }
  const given = url ?? host
  if (given === undefined) return undefined
  const key = url === undefined ? hostKey : 'endpoint_url'
  const text = withScheme(given, parameters, usuallySecure)
  if (!URL.canParse(text) || !/^https?:\/\//.test(text)) {
    throw new WrongParameter(key, 'must be the address of an S3 service')
  }
  const { origin, pathname, username } = new URL(text)
  if (username !== '') throw new WrongParameter(key, 'must not contain keys')
  return pathname === '/' ? origin : `${origin}${pathname.replace(/\/+$/, '')}`
}

function withScheme(given: string, parameters: Parameters, usuallySecure: boolean): string {
  const port = numberOf(parameters, 'port')
  const suffix = port === undefined ? '' : `:${String(port)}`
  if (/^https?:\/\//.test(given)) {
    return URL.canParse(given) && new URL(given).port === '' ? `${given}${suffix}` : given
  }
  const isSecure = parameters['is_secure'] ?? usuallySecure
  if (typeof isSecure !== 'boolean')
    throw new WrongParameter('is_secure', 'must be of type boolean')
  const scheme = isSecure ? 'https' : 'http'
  const bracketed = given.includes(':') && /^[0-9a-f:]+$/i.test(given) ? `[${given}]` : given
  return `${scheme}://${bracketed}${suffix}`
}

function required(parameters: Parameters, key: string): string {
  const text = optional(parameters, key)
  if (text === undefined) throw new WrongParameter(key, 'is required')
  return text
}

function optional(parameters: Parameters, key: string): string | undefined {
  const value = parameters[key]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  // YAML reads keys that consist of digits as numbers.
  if (typeof value === 'number') return String(value)
  throw new WrongParameter(key, 'must be of type string')
}

function numberOf(parameters: Parameters, key: string): number | undefined {
  const value = parameters[key]
  if (value === undefined || value === null || value === '') return undefined
  const number = Number(value)
  if (!(number > 0)) throw new WrongParameter(key, 'must be a number above 0')
  return number
}

function sizeOf(parameters: Parameters, key: string, unit: 1 | 1024): number | undefined {
  const size = numberOf(parameters, key)
  return size === undefined ? undefined : Math.floor(size * unit * mebibyte)
}
