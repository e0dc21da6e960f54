import { digestSetOf } from '../../bundles/bundle-id.ts'
import { readRequest } from '../../bundles/bundle-request.ts'
import type { BundleEntry } from '../../bundles/bundle.ts'
import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import { entriesName, type FoundBase } from './bundle-bases.ts'
import { bundleStore } from './bundle-store.ts'
import type { ClosureBlob } from './content-closure.ts'
import { unpackJson } from './digest-set.ts'
import type { SelectionProblem } from './select-content.ts'

/** What a bundle that went out was made of, which a repair is made of again. */
export interface KeptPlan {
  readonly entries: readonly BundleEntry[]
  readonly blobs: readonly ClosureBlob[]
}

/** The bundle that answers a request: the same images, and of their content what is missing. */
export async function resolveRequest({ db, document }: { db: Db; document: string }): Promise<{
  readonly entries: readonly BundleEntry[]
  readonly blobs: ReadonlyMap<Digest, ClosureBlob>
  readonly shares: readonly { reference: string; blobs: readonly ClosureBlob[] }[]
  readonly problems: SelectionProblem[]
  readonly base: FoundBase
}> {
  const { bundle: bundleId, digests: missing } = readRequest(document)
  const content = await bundleStore(db).findSet(entriesName('out', bundleId))
  if (content === undefined) {
    throw new Problem('rule-violated', {
      message: `The bundle ${bundleId} was not made here, so its request cannot be answered here.`,
    })
  }
  const { entries, blobs } = (await unpackJson(content)) as KeptPlan
  const wanted = new Set(missing)
  const known = new Map(blobs.map((blob) => [blob.digest, blob]))
  const strange = missing.find((digest) => !known.has(digest))
  if (strange !== undefined) {
    throw new Problem('rule-violated', {
      message: `The request asks for ${strange}, which the bundle ${bundleId} never named.`,
    })
  }
  const digests = new Set([...known.keys()].filter((digest) => !wanted.has(digest)))
  return {
    ...{ entries, blobs: known, problems: [] },
    shares: [{ reference: `request for ${bundleId}`, blobs }],
    base: { base: { kind: 'bundle', id: bundleId, digestSet: digestSetOf(digests) }, digests },
  }
}
