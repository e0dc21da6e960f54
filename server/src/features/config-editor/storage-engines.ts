import type { Settings } from './bundle.ts'
import { isOn, numberIn, textIn } from './field-group.ts'
import type { LiveChecks, S3Target } from './live-checks.ts'

export interface EngineRules {
  readonly required: readonly string[]
  /** What else is wrong with the parameters. */
  readonly wrong?: (parameters: Settings) => string | undefined
  readonly live?: (
    live: LiveChecks,
    at: { readonly location: string; readonly parameters: Settings },
  ) => Promise<string | undefined>
}

/** A server that is reached at `hostname[:port]`. */
const ownServer: EngineRules = {
  required: ['access_key', 'secret_key', 'hostname', 'bucket_name'],
  live: (live, { location, parameters }) =>
    live.bucket(location, {
      bucket: textIn(parameters, 'bucket_name'),
      keys: keysOf(parameters, 'access_key', 'secret_key'),
      endpoint: endpointOf(parameters, 'hostname', false),
      region: regionOf(parameters),
    }),
}

export const engineRules: Readonly<Record<string, EngineRules>> = {
  LocalStorage: { required: [] },
  RHOCSStorage: ownServer,
  RadosGWStorage: ownServer,
  IBMCloudStorage: ownServer,
  S3Storage: {
    required: ['s3_bucket'],
    live: (live, { location, parameters }) => live.bucket(location, amazonTarget(parameters)),
  },
  STSS3Storage: {
    required: ['s3_bucket'],
    live: (live, { location, parameters }) =>
      live.assumedBucket(location, amazonTarget(parameters), {
        userKeys: keysOf(parameters, 'sts_user_access_key', 'sts_user_secret_key'),
        roleArn: textIn(parameters, 'sts_role_arn'),
        sessionName: textIn(parameters, 'sts_role_session_name'),
        tokenFile: textIn(parameters, 'sts_web_identity_token_file'),
      }),
  },
  GoogleCloudStorage: {
    required: ['access_key', 'secret_key', 'bucket_name'],
    live: (live, { location, parameters }) =>
      live.bucket(location, {
        bucket: textIn(parameters, 'bucket_name'),
        keys: keysOf(parameters, 'access_key', 'secret_key'),
        endpoint: 'https://storage.googleapis.com',
        region: 'auto',
      }),
  },
  AzureStorage: {
    required: ['azure_container', 'azure_account_name'],
    live: (live, { parameters }) =>
      live.azure({
        account: textIn(parameters, 'azure_account_name'),
        container: textIn(parameters, 'azure_container'),
        key: textIn(parameters, 'azure_account_key'),
        token: textIn(parameters, 'sas_token'),
        endpoint: textIn(parameters, 'endpoint_url'),
      }),
  },
  CloudFrontedS3Storage: {
    required: [
      's3_access_key',
      's3_secret_key',
      's3_bucket',
      'cloudfront_distribution_domain',
      'cloudfront_key_id',
    ],
    live: (live, { location, parameters }) => live.bucket(location, amazonTarget(parameters)),
  },
  SwiftStorage: {
    required: ['auth_url', 'swift_container', 'swift_user', 'swift_password'],
    wrong: swiftProblem,
    live: (live, { parameters }) => {
      const options = optionsOf(parameters)
      return live.swift({
        version: swiftVersion(parameters),
        authUrl: textIn(parameters, 'auth_url'),
        container: textIn(parameters, 'swift_container'),
        user: textIn(parameters, 'swift_user'),
        password: textIn(parameters, 'swift_password'),
        domain: textIn(options, 'user_domain_name'),
        tenantId: textIn(options, 'tenant_id'),
        tenantName: textIn(options, 'tenant_name'),
        region: textIn(options, 'region_name'),
      })
    },
  },
  CloudFlareStorage: {
    required: ['s3_access_key', 's3_secret_key', 's3_bucket', 'cloudflare_domain'],
  },
  MultiCDNStorage: { required: ['providers', 'default_provider', 'storage_config'] },
}

export function isThere(value: unknown): boolean {
  return value !== undefined && value !== ''
}

/** Without an endpoint it is Amazon's own, and without keys what the machine is allowed. */
function amazonTarget(parameters: Settings): S3Target {
  return {
    bucket: textIn(parameters, 's3_bucket'),
    keys: keysOf(parameters, 's3_access_key', 's3_secret_key'),
    endpoint: textIn(parameters, 'endpoint_url') || endpointOf(parameters, 'host', true),
    region: regionOf(parameters),
  }
}

/** `endpoint_url` wins; a scheme that a host carries decides about TLS. */
function endpointOf(
  parameters: Settings,
  hostKey: string,
  usuallySecure: boolean,
): string | undefined {
  const given = textIn(parameters, 'endpoint_url') || textIn(parameters, hostKey)
  if (given === '') return undefined
  if (/^https?:\/\//.test(given)) return given
  const flag = parameters['is_secure']
  const scheme = (flag === undefined ? usuallySecure : isOn(flag)) ? 'https' : 'http'
  const port = numberIn(parameters, 'port')
  return `${scheme}://${given}${port === undefined ? '' : `:${String(port)}`}`
}

function keysOf(parameters: Settings, idKey: string, secretKey: string): S3Target['keys'] {
  const [id, secret] = [textIn(parameters, idKey), textIn(parameters, secretKey)]
  return id === '' || secret === '' ? undefined : { id, secret }
}

function regionOf(parameters: Settings): string {
  return textIn(parameters, 's3_region') || textIn(parameters, 'region') || 'us-east-1'
}

function swiftVersion(parameters: Settings): number {
  return Number(parameters['auth_version'] ?? 0)
}

function optionsOf(parameters: Settings): Settings {
  const options = parameters['os_options']
  return typeof options === 'object' && options !== null ? (options as Settings) : {}
}

function swiftProblem(parameters: Settings): string | undefined {
  const version = swiftVersion(parameters)
  if (![1, 2, 3].includes(version)) {
    return `${String(version)} must be either 1, 2, or 3.`
  }
  if (version !== 3) return undefined
  const options = optionsOf(parameters)
  if (textIn(options, 'user_domain_name') === '') {
    return 'Swift auth v3 requires a domain (string) in os_options'
  }
  if (textIn(options, 'tenant_id') === '') {
    return 'Swift auth v3 requires tenant_id (string) in os_options'
  }
  return undefined
}
