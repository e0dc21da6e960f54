import { sendJson, type Exchange } from '../../http/exchange.ts'
import { nextLink, parsePage } from '../../http/page.ts'
import { isProblem, Problem } from '../../problem.ts'
import { parseDigest } from '../../storage/digest.ts'
import type { RegistryGate } from '../tokens/registry-gate.ts'
import { mediaTypes } from './manifest-media-types.ts'
import { referrersIndex, type ReferrerPage, type ReferrerService } from './referrer-service.ts'

const pageLimit = 1000

/** `GET /v2/<name>/referrers/<digest>` (OCI distribution spec, "Listing referrers"). */
export function referrerOci({
  referrers,
  gate,
  enabled,
}: {
  referrers: ReferrerService
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
      const { repository } = await gate.admit(exchange, name, 'pull')
      return await referrers.list({ repositoryId: repository.id, ...query })
    } catch (error) {
      if (isProblem(error, 'repository-unknown')) return { manifests: [] }
      throw error
    }
  }
}
