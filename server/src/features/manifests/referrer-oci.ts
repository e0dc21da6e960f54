import { sendJson, type Exchange } from '../../http/exchange.ts'
import { nextLink, parsePage } from '../../http/page.ts'
import { isProblem, Problem } from '../../problem.ts'
import { parseDigest } from '../../storage/digest.ts'
import type { CachedReferrers } from '../proxy-cache/cached-referrer-service.ts'
import type { PullThrough } from '../proxy-cache/pull-through-service.ts'
import type { RegistryGate } from '../tokens/registry-gate.ts'
import { mediaTypes } from './manifest-media-types.ts'
import { referrersIndex, type ReferrerPage, type ReferrerService } from './referrer-service.ts'

const pageLimit = 1000

export interface UpstreamReferrers {
  readonly pullThrough: Pick<PullThrough, 'create'>
  readonly cachedReferrers: CachedReferrers
}

/** `GET /v2/<name>/referrers/<digest>` (OCI distribution spec, "Listing referrers"). */
export function referrerOci({
  referrers,
  upstream,
  gate,
  enabled,
}: {
  referrers: ReferrerService
  /** Where a cache of another registry looks first; absent: there is none. */
  upstream?: UpstreamReferrers | undefined
  gate: RegistryGate
  enabled: boolean
}) {
  return {
    async list(exchange: Exchange, name: string, digestText: string): Promise<void> {
      if (!enabled) throw new Problem('route-unknown')
      const subject = parseDigest(digestText)
      const artifactType = exchange.query.get('artifactType') ?? undefined
      const page = parsePage(exchange.query, pageLimit)
      const { manifests, after } = await find(exchange, name, {
        subject,
        artifactType,
        after: page.after ?? '',
        limit: page.limit,
      })
      const link =
        after === undefined
          ? undefined
          : nextLink(`${exchange.origin}${exchange.path}`, {
              ...(artifactType === undefined ? {} : { artifactType }),
              n: String(page.limit),
              last: after,
            })
      sendJson(exchange, 200, referrersIndex(manifests), {
        'Content-Type': mediaTypes.ociIndex,
        'OCI-Filters-Applied': artifactType === undefined ? undefined : 'artifactType',
        Link: link,
      })
    },
  }

  /** A repository that is not there yet has no referrers, which the spec calls an empty list. */
  async function find(
    exchange: Exchange,
    name: string,
    query: Omit<Parameters<ReferrerService['list']>[0], 'repositoryId'>,
  ): Promise<ReferrerPage> {
    try {
      const { clientAddress: ip } = exchange
      const reference = { kind: 'digest', digest: query.subject } as const
      const { caller, repository } = await gate.admit(
        exchange,
        name,
        'pull',
        upstream &&
          (({ principal }, named) =>
            upstream.pullThrough.create({ principal, ip, reference }, named)),
      )
      // What comes after the first page is what was there when that was made.
      if (query.after === '') {
        const { principal } = caller
        await upstream?.cachedReferrers.refresh(principal, repository, query.subject)
      }
      return await referrers.list({ repositoryId: repository.id, ...query })
    } catch (error) {
      if (isProblem(error, 'repository-unknown')) return { manifests: [] }
      throw error
    }
  }
}
