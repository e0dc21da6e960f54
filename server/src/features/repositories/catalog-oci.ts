import { sendJson, type Exchange } from '../../http/exchange.ts'
import { nextLink, parsePage } from '../../http/page.ts'
import type { RegistryGate } from '../tokens/registry-gate.ts'
import type { RepositoryService } from './repository-service.ts'

/** `GET /v2/_catalog`: what the caller has a right to, in lexical order (registry-protocol, 7). */
export function catalogOci({
  repositories,
  gate,
  pageSize,
}: {
  repositories: RepositoryService
  gate: RegistryGate
  pageSize: number
}) {
  return {
    async list(exchange: Exchange): Promise<void> {
      const { principal } = await gate.identify(exchange)
      const { limit, after = '' } = parsePage(exchange.query, pageSize)
      const found = limit === 0 ? [] : await repositories.listCatalog(principal, after, limit + 1)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      const link =
        found.length > limit && last !== undefined
          ? nextLink(`${exchange.origin}/v2/_catalog`, { n: String(limit), last })
          : undefined
      sendJson(exchange, 200, { repositories: page }, { Link: link })
    },
  }
}
