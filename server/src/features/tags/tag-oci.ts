import { sendJson, type Exchange } from '../../http/exchange.ts'
import { nextLink, parsePage } from '../../http/page.ts'
import type { RegistryGate } from '../tokens/registry-gate.ts'
import type { TagService } from './tag-service.ts'

/** `GET /v2/<name>/tags/list` (OCI distribution spec, "Listing tags"). */
export function tagOci({
  tags,
  gate,
  pageSize,
}: {
  tags: TagService
  gate: RegistryGate
  pageSize: number
}) {
  return {
    async list(exchange: Exchange, name: string): Promise<void> {
      const { repository } = await gate.admit(exchange, name, 'pull')
      const { limit, after = '' } = parsePage(exchange.query, pageSize)
      const found = limit === 0 ? [] : await tags.listNames(repository.id, after, limit + 1)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      const link =
        found.length > limit && last !== undefined
          ? nextLink(`${exchange.origin}${exchange.path}`, { n: String(limit), last })
          : undefined
      sendJson(exchange, 200, { name: repository.full_name, tags: page }, { Link: link })
    },
  }
}
