import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { labelMediaType } from './image-labels.ts'
import { lifeOf, lifeOfIndex, type ImageLife, type KeyAndValue } from './image-life.ts'
import { labelStore } from './label-store.ts'

/** Records what an image brought along, unless that was done before. */
export async function recordImageLabels(
  tx: Db,
  manifest: { readonly repositoryId: number; readonly manifestId: number },
  labels: readonly KeyAndValue[],
  random: Random,
): Promise<void> {
  const { repositoryId, manifestId } = manifest
  const store = labelStore(tx)
  if (labels.length === 0 || (await store.listFromImage(manifestId, 1)).length > 0) return
  await store.insert(
    labels.map(({ key, value }) => ({
      uuid: random.uuid(),
      repository_id: repositoryId,
      manifest_id: manifestId,
      key,
      value,
      source_type: 'manifest',
      media_type: labelMediaType(value),
    })),
  )
}

/** What the recorded labels of a manifest, or of the children of an index, ask of its tags. */
export async function findImageLife(tx: Db, manifestId: number): Promise<ImageLife> {
  const store = labelStore(tx)
  const own = await store.listOfLife(manifestId)
  const children = await store.listOfLifeOfChildren(manifestId)
  return children.length === 0 ? lifeOf(own) : lifeOfIndex(own, children)
}
