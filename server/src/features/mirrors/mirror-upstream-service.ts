import { startStopwatch, type Stopwatch } from '../../platform/stopwatch.ts'
import type { Digest } from '../../storage/digest.ts'
import { createBucket } from '../../upstream/bandwidth.ts'
import {
  type Upstream,
  type UpstreamAccess,
  type UpstreamClient,
  type UpstreamObserver,
} from '../../upstream/upstream.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import { createSignatureCheck } from './image-signatures.ts'
import { limitedSource } from './limited-source.ts'
import { MirrorFault } from './mirror-failure.ts'
import { bytesPerSecond } from './mirror-rules.ts'
import type { MirrorSettingsService, UpstreamSettings } from './mirror-settings-service.ts'
import type { MirrorRow } from './mirror-store.ts'
import { parseSigningKey } from './signed-payload.ts'
import { parseUpstreamReference, type UpstreamReference } from './upstream-reference.ts'

export type MirrorUpstreams = ReturnType<typeof createMirrorUpstreams>

/** All that is needed to ask an upstream. */
export interface UpstreamSpec {
  readonly reference: UpstreamReference
  /** Bytes a second. */
  readonly rate?: number | undefined
  readonly settings: UpstreamSettings
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
}

const mostTags = 100_000

/** The registries that mirrors follow. */
export function createMirrorUpstreams({
  client,
  settings,
  isAllowed,
  elapsed = startStopwatch,
}: {
  client: UpstreamClient
  elapsed?: () => Stopwatch
  settings: MirrorSettingsService
  /** Whether a host may be called, wherever its name leads now. */
  isAllowed: (host: string) => Promise<boolean>
}) {
  return {
    /** @throws MirrorFault `decryption_failed` */
    specOf(mirror: MirrorRow): UpstreamSpec {
      const credentials = settings.credentialsOf(mirror)
      if (credentials === undefined) {
        const message = 'The stored credentials cannot be read any more: enter them again'
        throw new MirrorFault('decryption_failed', message)
      }
      return {
        reference: parseUpstreamReference(mirror.external_reference),
        settings: settings.upstreamOf(mirror),
        rate: bytesPerSecond(settings.rulesOf(mirror)),
        credentials: credentials.kind === 'none' ? undefined : credentials,
      }
    },

    /** @throws MirrorFault, UpstreamFault */
    async open(
      {
        reference,
        settings: { verify_tls: verifies = true, proxy },
        credentials,
        rate,
      }: UpstreamSpec,
      signal: AbortSignal,
      observe?: UpstreamObserver,
    ): Promise<Upstream> {
      if (!(await isAllowed(reference.host))) {
        throw new MirrorFault('invalid_source_registry', 'Source registry location is not allowed')
      }
      const access: UpstreamAccess = {
        ...reference,
        verifyTls: verifies,
        ...(credentials && { credentials }),
        proxy: {
          ...(proxy?.http_proxy && { httpProxy: proxy.http_proxy }),
          ...(proxy?.https_proxy && { httpsProxy: proxy.https_proxy }),
          ...(proxy?.no_proxy && { noProxy: proxy.no_proxy }),
        },
      }
      const upstream = client.repository(access, observe)
      const isPlain = !verifies && !(await speaksTls(upstream, signal))
      const found = isPlain ? client.repository({ ...access, plainHttp: true }, observe) : upstream
      return rate === undefined
        ? found
        : limitedSource(
            found,
            createBucket(() => rate, elapsed()),
          )
    },

    /** What an image has to pass before it comes here; undefined where signatures do not matter. */
    signatureCheckFor(mirror: MirrorRow) {
      const keys = settings
        .rulesOf(mirror)
        .signatureKeys.flatMap((key) => parseSigningKey(key) ?? [])
      if (keys.length === 0 || settings.upstreamOf(mirror).unsigned_images === true)
        return undefined
      return (upstream: Upstream, digest: Digest, signal: AbortSignal): Promise<void> =>
        createSignatureCheck({ keys, upstream, reference: mirror.external_reference })(
          digest,
          signal,
        )
    },

    /** @throws UpstreamFault, MirrorFault */
    async listTags(upstream: Upstream, signal: AbortSignal): Promise<string[]> {
      const tags: string[] = []
      for await (const tag of upstream.listTags(signal)) {
        tags.push(tag)
        if (tags.length > mostTags) {
          throw new MirrorFault('invalid_source_registry', 'The upstream has too many tags')
        }
      }
      return tags
    },
  }
}

/** Who does not insist on TLS also takes a registry that has none (as skopeo does). */
async function speaksTls(upstream: Upstream, signal: AbortSignal): Promise<boolean> {
  try {
    await upstream.checkVersion(signal)
    return true
  } catch (error) {
    const isOther =
      error instanceof UpstreamFault &&
      (error.code === 'tls_error' || error.code === 'connection_error')
    if (isOther) return false
    throw error
  }
}
