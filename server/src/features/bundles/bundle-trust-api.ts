import { z } from 'zod'

import {
  addTrustAnchor,
  listLedger,
  listTrustAnchors,
  removeTrustAnchor,
} from '../../contract/mooring-bundle-trust.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireDate } from '../api/wire-date.ts'
import type { BundleList } from './bundle-list-service.ts'
import type { EncryptionKeys } from './encryption-key-service.ts'
import { answering } from './bundle-view.ts'
import type { Anchor, BundleTrust } from './trust-service.ts'

const pageSize = 50

/** Whose bundles are taken, and what became of all of them. */
export function bundleTrustApi({
  trust,
  encryption,
  list,
  pageTokens,
}: {
  trust: BundleTrust
  encryption: Pick<EncryptionKeys, 'recipient'>
  list: BundleList
  pageTokens: PageTokens
}): readonly ApiRoute[] {
  return [
    route(listTrustAnchors, async () => {
      const own = await trust.own()
      return {
        own: {
          ...{ key_id: own.keyId, public_key: own.publicKey, fingerprint: own.fingerprint },
          recipient: await encryption.recipient(),
        },
        anchors: (await trust.list()).map(presentAnchor),
      }
    }),

    route(addTrustAnchor, ({ body, user }) =>
      answering(async () =>
        presentAnchor(await trust.add(body.name, body.public_key, user.username)),
      ),
    ),

    route(removeTrustAnchor, async ({ params }) => {
      await trust.remove(params.key_id)
      return undefined
    }),

    route(listLedger, async ({ query }) => {
      const before = pageTokens.open('bundle-ledger', query.next_page, z.number())
      const rows = await list.ledger(before, pageSize + 1)
      const page = rows.slice(0, pageSize)
      const last = page.at(-1)
      return {
        entries: page.map(({ at, by_name, size_bytes, chain: _chain, ...row }) => ({
          ...{ ...row, at: wireDate(at), by: by_name, bytes: size_bytes },
        })),
        ...(rows.length > pageSize &&
          last !== undefined && { next_page: pageTokens.seal('bundle-ledger', last.number) }),
      }
    }),
  ]
}

function presentAnchor({ keyId, name, publicKey, fingerprint, addedAt, addedBy }: Anchor) {
  return {
    ...{ key_id: keyId, name, public_key: publicKey, fingerprint },
    ...{ added: wireDate(addedAt), added_by: addedBy },
  }
}
