import type { Readable } from 'node:stream'
import type { BandwidthConfig } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { startStopwatch, type Stopwatch } from '../platform/stopwatch.ts'
import type { Digest } from '../storage/digest.ts'
import { createAttempts } from './attempts.ts'
import { createBandwidth } from './bandwidth.ts'
import { openBlob } from './blob-stream.ts'
import { checkVersion } from './check-version.ts'
import { createConnections } from './connections.ts'
import { createDestinations, type CheckDestination } from './destinations.ts'
import { usualPatience, type Patience } from './exchange.ts'
import { guardedTransport } from './guard.ts'
import { createJsonApi, type ReadJson } from './json-api.ts'
import { createLogins } from './logins.ts'
import { createRateLimits, type Allowance } from './rate-limits.ts'
import { createReferrerHabits } from './referrer-habits.ts'
import { createSession } from './session.ts'
import { createTransport } from './transport.ts'
import { listReferrers, listTags } from './upstream-lists.ts'
import { getManifest, headManifest } from './upstream-manifests.ts'
import { parseTarget } from './upstream-target.ts'
import { createBackoff } from './waiting.ts'

/** One repository of another registry, and the way there. */
export interface UpstreamAccess {
  /** `host[:port]`; docker.io is contacted as registry-1.docker.io. */
  readonly host: string
  /** `library/busybox`; empty where only the registry itself is asked. */
  readonly repository: string
  /** HTTP instead of HTTPS. */
  readonly plainHttp?: boolean
  /** Default: true. */
  readonly verifyTls?: boolean
  /** Authorities in PEM, besides those that are trusted anyway. */
  readonly authorities?: readonly string[]
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly proxy?: UpstreamProxy
}

export interface UpstreamProxy {
  readonly httpProxy?: string
  readonly httpsProxy?: string
  /** Names, `.suffixes`, addresses, networks, or `*`; separated by commas. */
  readonly noProxy?: string
}

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface UpstreamDescriptor {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface UpstreamManifestHead {
  /** Absent: the upstream does not say; only the bytes tell. */
  readonly digest?: Digest
  /** Empty where the upstream does not say. */
  readonly mediaType: string
  readonly sizeBytes?: number
}

export interface UpstreamManifest {
  /** As they came. */
  readonly bytes: Buffer
  readonly mediaType: string
  /** Of the bytes, verified: the one asked for, else the upstream's own, else their SHA-256. */
  readonly digest: Digest
}

export interface ReferrersAsked {
  readonly signal: AbortSignal
  /** All tags of the repository, where they were listed just before: what is none is not asked for. */
  readonly knownTags?: ReadonlySet<string> | undefined
}

export interface BlobWanted {
  readonly sizeBytes: number
  /** How many of its bytes are here already. */
  readonly from: number
  readonly signal: AbortSignal
}

/**
 * Every call throws UpstreamFault, or the signal's reason. Answers that may come out differently in a
 * moment are asked for again before that.
 */
export interface Upstream {
  readonly access: UpstreamAccess
  /**
   * Whether it is a registry, and lets us in. `anonymous`: it wants to know who we are, and nobody
   * told us. Credentials that it refuses are a fault.
   */
  checkVersion(signal: AbortSignal): Promise<'open' | 'authenticated' | 'anonymous'>
  /** Throws rather than ends early when the list is cut, or too long to be true. */
  listTags(signal: AbortSignal): AsyncIterable<string>
  /** @returns undefined when there is no such manifest. */
  headManifest(reference: string, signal: AbortSignal): Promise<UpstreamManifestHead | undefined>
  getManifest(reference: string, signal: AbortSignal): Promise<UpstreamManifest>
  /** By the referrers API, or by the tag that stands in for it. */
  listReferrers(digest: Digest, asked: ReferrersAsked): Promise<readonly UpstreamDescriptor[]>
  /**
   * The bytes from `from` to the end, over as many connections as it takes; exactly as many as there
   * should be, or an error. Whether they are the right ones, the caller's hash tells.
   */
  openBlob(digest: Digest, wanted: BlobWanted): Readable
}

/** What happens on the way, for those who show progress or set their pace by it. */
export type UpstreamEvent =
  /** Nothing is asked of this host for a while, because it said so. */
  | { readonly kind: 'rate-limited'; readonly host: string; readonly waitMs: number }
  /** What is left of its allowance, where it tells. */
  | ({ readonly kind: 'allowance'; readonly host: string } & Allowance)
  /** The same is asked once more. */
  | { readonly kind: 'retry'; readonly host: string; readonly reason: string }
  /** A blob goes on over a new connection. */
  | { readonly kind: 'resumed'; readonly host: string; readonly from: number }
  /** Bytes that came a second time, because the upstream could not begin where it was asked to. */
  | { readonly kind: 'skipped'; readonly host: string; readonly bytes: number }
  /** Bytes of blobs, as they are handed on. */
  | { readonly kind: 'bytes'; readonly host: string; readonly bytes: number }

export type UpstreamObserver = (event: UpstreamEvent) => void

export interface UpstreamClient {
  /** @throws UpstreamFault `invalid_source_registry` when the address is none. */
  repository(access: UpstreamAccess, observe?: UpstreamObserver): Upstream
  /** What the management API of a registry tells. */
  readonly readJson: ReadJson
  /** At once, also for what is under way. */
  changeBandwidth(config: BandwidthConfig): void
  /** Ends every connection that is kept, or in use. */
  close(): void
}

export interface UpstreamParts {
  /** Which hosts may be called: registries, those they name, and proxies. */
  readonly check: CheckDestination
  readonly bandwidth: BandwidthConfig
  /** For what has no proxy of its own. The site's own word: it may be in any network. */
  readonly proxy?: UpstreamProxy
  readonly clock: Clock
  readonly random: Random
  readonly elapsed?: Stopwatch
  readonly patience?: Partial<Patience>
  /** How many connections without a single new byte of a blob are enough. */
  readonly fruitlessAttempts?: number
  /** Of the pause after the first failure; later ones are longer. */
  readonly firstPauseMs?: number
  /** For how long a rate limit is waited out. */
  readonly longestWaitMs?: number
  /** For how long somebody tries to get in. */
  readonly loginWithinMs?: number
  /** Whether nobody may be asked anything now. */
  readonly isDisconnected?: () => boolean
  /** Hears what every upstream says about its allowance, whoever asked. */
  readonly noteAllowance?: (host: string, allowance: Allowance) => void
}

/** Asks other registries: one for the process, as what it knows of them counts for everybody. */
export function createUpstreamClient({
  check,
  bandwidth: config,
  proxy,
  clock,
  random,
  elapsed = startStopwatch(),
  patience: given = {},
  fruitlessAttempts = 5,
  firstPauseMs = 1_000,
  longestWaitMs = 600_000,
  loginWithinMs,
  isDisconnected = () => false,
  noteAllowance = () => undefined,
}: UpstreamParts): UpstreamClient {
  const patience = { ...usualPatience, ...given }
  const backoff = createBackoff(random, firstPauseMs)
  const destinations = createDestinations({ check })
  const connections = createConnections({ destinations, proxy })
  const transport = guardedTransport(
    createTransport({ destinations, connections, patience }),
    isDisconnected,
  )
  const limits = createRateLimits({ elapsed, backoff })
  const attempt = createAttempts({ limits, backoff, longestWaitMs, noteAllowance })
  const logins = createLogins({ transport, attempt, elapsed, withinMs: loginWithinMs })
  const bandwidth = createBandwidth({ config, clock, elapsed })
  const habits = createReferrerHabits({ elapsed })

  return {
    repository(access, observe) {
      const target = parseTarget(access, observe)
      const session = createSession(target, { transport, attempt, logins })
      const blobs = { session, bandwidth, backoff, fruitlessAttempts }
      return {
        access,
        checkVersion: (signal) => checkVersion(target, { logins, session, signal }),
        listTags: (signal) => listTags(session, signal),
        headManifest: (reference, signal) => headManifest(session, reference, signal),
        getManifest: (reference, signal) => getManifest(session, reference, signal),
        listReferrers: (digest, asked) => listReferrers({ session, habits }, digest, asked),
        openBlob: (digest, wanted) => openBlob(blobs, digest, wanted),
      }
    },
    readJson: createJsonApi({ transport, attempt }),
    changeBandwidth: (to) => {
      bandwidth.change(to)
    },
    close: () => {
      connections.close()
    },
  }
}
