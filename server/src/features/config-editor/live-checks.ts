import { type AzureTarget, checkAzure } from './live/azure-check.ts'
import { checkBucket } from './live/bucket-check.ts'
import { checkDatabase } from './live/database-check.ts'
import { type Credentials, createHttpChecks } from './live/http-checks.ts'
import { checkLdap, type LdapTarget } from './live/ldap-check.ts'
import { checkMail, type MailTarget } from './live/mail-check.ts'
import { checkOidc, type OidcTarget } from './live/oidc-check.ts'
import { checkRedis } from './live/redis-check.ts'
import { assumeRole, type AssumedRole } from './live/sts.ts'
import { checkSwift, type SwiftTarget } from './live/swift-check.ts'
import { checkTcp } from './live/tcp-check.ts'
import { bundleTrust } from './live/trust.ts'
import type { Bundle, Settings } from './bundle.ts'
import type { Environment } from '../../config/config.ts'
import type { Clock } from '../../platform/clock.ts'

export type { Credentials } from './live/http-checks.ts'

export interface RedisTarget {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  readonly database?: number
}

export interface S3Keys {
  readonly id: string
  readonly secret: string
  readonly sessionToken?: string
}

export interface S3Target {
  readonly bucket: string
  /** Without: what the environment or the machine has. */
  readonly keys: S3Keys | undefined
  /** Without: Amazon's. */
  readonly endpoint: string | undefined
  readonly region: string
}

/** What is wrong, with the field to mark. */
export interface LiveProblem {
  readonly message: string
  readonly tag: string
}

/**
 * Looks at what a configuration names, where it is. Every check answers with what is wrong in words
 * without secrets, undefined when all is well, and each gives up after a few seconds.
 */
export interface LiveChecks {
  database(uri: string, connectionArguments: Settings): Promise<string | undefined>
  redis(target: RedisTarget): Promise<string | undefined>
  tcp(host: string, port: number): Promise<string | undefined>
  bucket(location: string, target: S3Target): Promise<string | undefined>
  assumedBucket(location: string, target: S3Target, role: AssumedRole): Promise<string | undefined>
  azure(target: AzureTarget): Promise<string | undefined>
  swift(target: SwiftTarget): Promise<string | undefined>
  ldap(target: LdapTarget): Promise<LiveProblem | undefined>
  mail(target: MailTarget): Promise<LiveProblem | undefined>
  oidc(target: OidcTarget): Promise<string | undefined>
  /** @returns the status of the answer; undefined when there was none. */
  basicAuthStatus(url: string, credentials: Credentials): Promise<number | undefined>
  /** @returns whether a token endpoint knows the client and refuses nothing but a made-up code. */
  fakeCode(tokenUrl: string, service: Settings): Promise<boolean>
}

/** Checks that trust what the system trusts and what the bundle adds. */
export function createLiveChecks(
  bundle: Bundle,
  { clock, env, dataDir }: { clock: Clock; env: Environment; dataDir?: string | undefined },
): LiveChecks {
  const trust = bundleTrust(bundle.certs)
  const http = createHttpChecks(trust)
  const bucket = (location: string, target: S3Target) => checkBucket(location, target, trust)
  return {
    database: (uri, connectionArguments) =>
      checkDatabase(uri, connectionArguments, { certs: bundle.certs, dataDir }),
    redis: checkRedis,
    tcp: checkTcp,
    bucket,
    async assumedBucket(location, target, role) {
      const assumed = await assumeRole(role, { http, clock, env, region: target.region })
      if (typeof assumed === 'string') return assumed
      return bucket(location, { ...target, keys: assumed })
    },
    azure: (target) => checkAzure(target, { http, clock }),
    swift: (target) => checkSwift(target, http),
    ldap: (target) => checkLdap(target, { trust, certs: bundle.certs }),
    mail: (target) => checkMail(target, trust),
    oidc: (target) => checkOidc(target, http),
    basicAuthStatus: (url, credentials) => http.basicAuthStatus(url, credentials),
    async fakeCode(tokenUrl, service) {
      try {
        const { error } = await http.exchangeFakeCode(tokenUrl, {
          clientId: String(service['CLIENT_ID']),
          clientSecret: String(service['CLIENT_SECRET']),
          redirectUri: 'http://localhost/',
          inHeader: false,
        })
        return error === 'invalid_grant'
      } catch {
        return false
      }
    },
  }
}
