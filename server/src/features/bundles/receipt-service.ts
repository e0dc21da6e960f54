import { setImmediate as otherWork } from 'node:timers/promises'

import { digestSetOf } from '../../bundles/bundle-id.ts'
import { createReceipt, readReceipt, readSummary } from '../../bundles/receipt.ts'
import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { isDigest, type Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { damageStore } from '../appliance/damage-store.ts'
import type { MissedPulls } from '../proxy-cache/missed-pull-service.ts'
import { bundleSetName, receiptSetName } from './bundle-bases.ts'
import { bundleStore } from './bundle-store.ts'
import { packDigests, packJson, unpackJson } from './digest-set.ts'
import { pinStore } from './pin-store.ts'
import { receiptStore, type ReceiptPosition, type ReceiptRow } from './receipt-store.ts'
import type { SigningKeys } from './signing-key-service.ts'
import type { BundleTrust } from './trust-service.ts'
import { listWantedImages } from './wanted-images-service.ts'

const digestsAtOnce = 2_000
const bundlesNamed = 100
/** A receipt stays small enough to be mailed. */
const wantedAtMost = 1_000
const wantedSetName = (id: string) => `wanted:${id}`

export type BundleReceipts = ReturnType<typeof createBundleReceipts>

/** What this side says it has, and what other sides said. */
export function createBundleReceipts({
  db,
  storage,
  clock,
  signing,
  trust,
  missedPulls,
  config,
}: {
  db: Db
  storage: Pick<BlobStorage, 'space'>
  clock: Clock
  signing: SigningKeys
  trust: BundleTrust
  missedPulls: Pick<MissedPulls, 'page'>
  config: Pick<Config, 'serverHostname'>
}) {
  const store = receiptStore(db)
  const bundles = bundleStore(db)

  async function readAll(pageOf: (after: string, limit: number) => Promise<readonly string[]>) {
    const digests: Digest[] = []
    for (let after = ''; ;) {
      const page = await pageOf(after, digestsAtOnce)
      digests.push(...page.filter(isDigest))
      if (page.length < digestsAtOnce) return digests
      after = page.at(-1) ?? ''
      await otherWork()
    }
  }

  /**
   * Manifests travel in any case, but only so does the other side know which are new. What is
   * damaged is not told, so that it comes again.
   */
  async function inventory(): Promise<readonly Digest[]> {
    const pins = pinStore(db)
    const blobs = await readAll((after, limit) => pins.pageBlobs(after, limit))
    const manifests = await readAll((after, limit) => pins.pageManifests(after, limit))
    const damaged = await damageStore(db).among(blobs)
    return [...new Set([...blobs, ...manifests])].filter((digest) => !damaged.has(digest))
  }

  return {
    /** @param isSummary leaves the list of digests out, which takes the most of it. */
    async make(isSummary: boolean) {
      const secret = await signing.own()
      const digests = await inventory()
      const imported = (await bundles.listImported(bundlesNamed)).map(({ id }) => id)
      const createdAt = clock.now()
      const { freeBytes } = await storage.space()
      const instance = secret.publicKey.keyId
      const document = isSummary
        ? null
        : await createReceipt(
            {
              ...{ instance, createdAt, digests, bundles: imported, freeBytes },
              wanted: await listWantedImages(missedPulls, wantedAtMost),
              name: config.serverHostname,
              results: imported.map((bundle) => ({ bundle, state: 'imported' })),
            },
            secret,
          )
      return {
        ...{ id: digestSetOf(digests), createdAt, keyId: instance, document, freeBytes },
        ...{ blobs: digests.length, bundles: imported },
      }
    },

    /** Images that clients of the site asked for in vain, as its receipt says. */
    async wantedOf(receiptId: string): Promise<readonly string[]> {
      const content = await bundles.findSet(wantedSetName(receiptId))
      return content === undefined ? [] : ((await unpackJson(content)) as string[])
    },

    page: (after: ReceiptPosition | undefined, limit: number) => store.page(after, limit),

    /** @throws BundleFault for one that cannot be read, or whose key is not trusted. */
    async addDocument(document: Buffer): Promise<ReceiptRow> {
      const receipt = await readReceipt(document, await trust.keys())
      const content = await packDigests(receipt.digests)
      const wanted = await packJson(receipt.wanted.slice(0, wantedAtMost))
      const row: ReceiptRow = {
        ...{ id: receipt.digestSet, added_at: clock.now(), site: receipt.name, form: 'full' },
        ...{ key_id: receipt.keyId, digests: receipt.digests.length, is_trusted: 1 },
        ...{ free_bytes: receipt.freeBytes ?? null },
        bundles_json: JSON.stringify(receipt.bundles),
      }
      await db.transaction().execute(async (tx) => {
        await receiptStore(tx).put(row)
        await bundleStore(tx).putSet(receiptSetName(row.id), content)
        await bundleStore(tx).putSet(wantedSetName(row.id), wanted)
        await bundleStore(tx).confirm(receipt.bundles.slice(0, bundlesNamed))
      })
      return row
    },

    /** @throws BundleFault for what is no id; Problem `rule-violated` for one that is not known. */
    async addSummary(text: string): Promise<ReceiptRow> {
      const ids = readSummary(text)
      const known: string[] = []
      for (const id of ids) {
        if ((await bundles.findSet(bundleSetName(id))) !== undefined) known.push(id)
      }
      const [latest] = known
      const bundle = latest && (await bundles.find(latest, 'out'))
      if (latest === undefined || !bundle) {
        throw new Problem('rule-violated', { message: 'No bundle of this id was made here.' })
      }
      const row: ReceiptRow = {
        ...{ id: latest, added_at: clock.now(), form: 'summary', key_id: '', is_trusted: 0 },
        ...{ site: bundle.stream ?? 'a site', digests: 0, free_bytes: null },
        bundles_json: JSON.stringify(known),
      }
      await db.transaction().execute(async (tx) => {
        await receiptStore(tx).put(row)
        await bundleStore(tx).confirm(known)
      })
      return row
    },

    listRequests: () => store.listRequests(),

    /** @throws Problem `not-found` */
    async findRequest(bundleId: string) {
      const request = await store.findRequest(bundleId)
      if (request === undefined) throw new Problem('not-found')
      return request
    },
  }
}
