import type { z } from 'zod'

import { digestSetOf, readBundleId } from '../../bundles/bundle-id.ts'
import type { BundleBase } from '../../bundles/bundle.ts'
import type { BundleBaseChoice } from '../../contract/mooring-bundle-values.ts'
import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import { bundleStore } from './bundle-store.ts'
import { unpackDigests } from './digest-set.ts'
import { receiptStore } from './receipt-store.ts'

export interface FoundBase {
  readonly base: BundleBase
  readonly digests: ReadonlySet<Digest>
  /** At the site, when its receipt was made. */
  readonly siteFreeBytes?: number | null
}

const nothing: FoundBase = { base: { kind: 'none' }, digests: new Set() }

export const bundleSetName = (id: string): string => `bundle:${id}`
export const entriesName = (direction: 'out' | 'in', id: string): string =>
  `entries:${direction}:${id}`
export const receiptSetName = (id: string): string => `receipt:${id}`

/** What the other side has already, by what it sent back or by what was carried there. */
export function createBundleBases({ db }: { db: Db }) {
  const bundles = bundleStore(db)
  const receipts = receiptStore(db)

  async function ofSet(kind: 'receipt' | 'bundle', id: string, name: string): Promise<FoundBase> {
    const content = await bundles.findSet(name)
    if (content === undefined) throw unknown(kind, id)
    const digests = await unpackDigests(content)
    return { base: { kind, id, digestSet: digestSetOf(digests) }, digests }
  }

  async function ofReceipt(id: string | undefined): Promise<FoundBase> {
    const receipt =
      id === undefined ? (await receipts.page(undefined, 1))[0] : await receipts.find(id)
    if (receipt === undefined) throw unknown('receipt', id ?? '')
    if (receipt.form === 'full') {
      const found = await ofSet('receipt', receipt.id, receiptSetName(receipt.id))
      return { ...found, siteFreeBytes: receipt.free_bytes }
    }
    // A summary names bundles only: what they held is known here.
    const [latest] = JSON.parse(receipt.bundles_json) as string[]
    if (latest === undefined) return nothing
    return ofSet('bundle', latest, bundleSetName(latest))
  }

  return {
    /** @throws Problem `rule-violated` for a receipt or bundle that is not known here. */
    async find(
      choice: z.output<typeof BundleBaseChoice> | undefined,
      stream: string | undefined,
    ): Promise<FoundBase> {
      switch (choice?.kind) {
        case undefined:
        case 'none':
          return nothing
        case 'receipt':
          return ofReceipt(choice.id)
        case 'bundle': {
          if (choice.id === undefined && stream !== undefined) {
            const last = await bundles.findLastSent(stream)
            return last === undefined ? nothing : ofSet('bundle', last, bundleSetName(last))
          }
          const id = readBundleId(choice.id ?? '')
          if (id === undefined) throw unknown('bundle', choice.id ?? '')
          return ofSet('bundle', id, bundleSetName(id))
        }
      }
    },

    ofSet,
  }
}

function unknown(kind: string, id: string): Problem {
  const which = id === '' ? `No ${kind}` : `The ${kind} ${id.slice(0, 64)}`
  return new Problem('rule-violated', {
    message: `${which} is ${id === '' ? 'known here yet' : 'not known here'}. Choose another base, or none.`,
  })
}
