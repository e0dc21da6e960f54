import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { labelStore, type LabelRow } from '../labels/label-store.ts'
import { imageLayers, type ImageLayer } from '../manifests/image-layers.ts'
import { isImageConfig, isIndexMediaType } from '../manifests/manifest-media-types.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { readConfig, type BlobReader } from '../manifests/read-config.ts'
import { manifestDetailsStore } from './manifest-details-store.ts'
import type { PresentChild, TagRows } from './tag-row-service.ts'

export type ManifestDetails = Awaited<ReturnType<ReturnType<typeof createManifestDetails>['get']>>

export interface DetailedLayer extends ImageLayer {
  /** Undefined for a step that made no layer. */
  readonly mediaType: string | undefined
  readonly cumulativeBytes: number
}

const labelsAtMost = 2_000
export const referrersAtMost = 100
export const tagsAtMost = 200

const Descriptor = z.object({ digest: z.string(), mediaType: z.string(), size: z.number() })
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) })
const Annotations = z.record(z.string(), z.string()).catch({})

/** A manifest and everything that a page about it shows. */
export function createManifestDetails({
  db,
  storage,
  clock,
  tags,
}: {
  db: Db
  storage: BlobReader
  clock: Clock
  tags: Pick<TagRows, 'childrenOf' | 'signedAmong'>
}) {
  const store = manifestDetailsStore(db)
  const manifests = manifestStore(db)

  /** Only what the repository may see: a manifest can name any digest. */
  async function findConfig(
    repositoryId: number,
    { digest, mediaType }: DescriptorOf,
    now: Instant,
  ) {
    if (!isImageConfig(mediaType) || !isDigest(digest)) return undefined
    const blob = await blobStore(db).findVisible(repositoryId, digest, now)
    const config =
      blob && z.record(z.string(), z.unknown()).safeParse(await readConfig(storage, digest))
    return config?.data
  }

  return {
    /** @throws Problem `not-found` when it is not there, or nothing that lives reaches it */
    async get(repositoryId: number, digest: string) {
      const now = clock.now()
      const row = isDigest(digest) ? await store.find(repositoryId, digest) : undefined
      if (row === undefined || !isDigest(digest)) throw new Problem('not-found')
      if (!(await manifests.isAlive(repositoryId, row.id, now))) throw new Problem('not-found')
      const content = await manifests.readContent(digest)
      // Collected since it was found.
      if (content === undefined) throw new Problem('not-found')
      const text = content.toString()
      const isIndex = isIndexMediaType(row.media_type)
      const image = isIndex ? undefined : Manifest.parse(JSON.parse(text))
      const config = image && (await findConfig(repositoryId, image.config, now))
      const referrers = await manifests.listReferrers({
        ...{ repositoryId, subject: digest, artifactType: undefined, after: '', now },
        limit: referrersAtMost + 1,
      })
      const children = isIndex ? await tags.childrenOf(repositoryId, [digest]) : undefined
      const labels: readonly LabelRow[] = await labelStore(db).list(row.id, labelsAtMost)
      return {
        ...{ row, text, isIndex, config, labels },
        descriptor: image?.config,
        layers: image ? withSums(imageLayers(image, config), image.layers) : [],
        children: children?.get(digest) ?? ([] satisfies readonly PresentChild[]),
        annotations: annotationsOf(row.annotations_json),
        referrers: referrers.map((referrer) => ({
          ...referrer,
          annotations: annotationsOf(referrer.annotations_json),
        })),
        tags: await store.tagsOn(repositoryId, row, now, tagsAtMost + 1),
        isSigned: (await tags.signedAmong(repositoryId, [digest], now)).has(digest),
      }
    },
  }
}

type DescriptorOf = z.output<typeof Descriptor>

/** Each layer with all below it; what stands for a step without one counts nothing. */
function withSums(
  layers: readonly ImageLayer[],
  descriptors: readonly DescriptorOf[],
): DetailedLayer[] {
  const left = descriptors.values()
  let next = left.next().value
  let cumulativeBytes = 0
  return layers.map((layer) => {
    if (next?.digest !== layer.digest) return { ...layer, mediaType: undefined, cumulativeBytes }
    const { mediaType } = next
    next = left.next().value
    cumulativeBytes += layer.sizeBytes
    return { ...layer, mediaType, cumulativeBytes }
  })
}

function annotationsOf(json: string | null): Record<string, string> {
  return Annotations.parse(JSON.parse(json ?? '{}'))
}
