import { setImmediate as otherWork } from 'node:timers/promises'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { isProblem } from '../../problem.ts'
import { parseImageName } from '../../bundles/selection/image-name.ts'
import { parseDigest } from '../../storage/digest.ts'
import { damageStore } from '../appliance/damage-store.ts'
import type { ManifestContent } from '../manifests/manifest-content.ts'
import type { MissedPulls } from '../proxy-cache/missed-pull-service.ts'
import { missingStore, type IncompleteManifest } from './missing-store.ts'
import { platformsIn } from './platform-filter.ts'
import { listWantedImages } from './wanted-images-service.ts'

export interface MissingContent {
  readonly kind: 'damaged-blob' | 'sparse-list' | 'lone-referrer'
  readonly repository: string
  /** The manifest whose content is not whole. */
  readonly digest: string
  readonly tags: readonly string[]
  /** What is not here, or not what it says. */
  readonly missing: readonly string[]
  /** Of what a list lacks. */
  readonly platforms: readonly string[]
}

export type MissingContents = ReturnType<typeof createMissingContents>

const manifestsAtOnce = 1_000
const manifestsALook = 20_000
const foundAtMost = 100
const damageAtMost = 1_000
const imagesOfBlob = 20
const tagsShown = 5
const linesAtMost = 10_000

/** What ought to be here and is not, by what is in the registry. */
export function createMissingContents({
  db,
  content,
  clock,
  missedPulls,
  config,
}: {
  db: Db
  content: ManifestContent
  clock: Clock
  missedPulls: Pick<MissedPulls, 'page'>
  config: Pick<Config, 'serverHostname'>
}) {
  const store = missingStore(db)

  async function platformsOf(digest: string, children: readonly string[]) {
    try {
      return platformsIn(await content.read(parseDigest(digest)), children)
    } catch (error) {
      if (!isProblem(error, 'manifest-unknown')) throw error
      return []
    }
  }

  async function describe(
    manifest: IncompleteManifest,
    kind: MissingContent['kind'],
    missing: readonly string[],
  ): Promise<MissingContent> {
    const { id, repository, digest } = manifest
    return {
      ...{ kind, repository, digest, missing },
      tags: await store.tagsOn(id, clock.now(), tagsShown),
      platforms: kind === 'sparse-list' ? await platformsOf(digest, missing) : [],
    }
  }

  async function among(manifests: readonly IncompleteManifest[]): Promise<MissingContent[]> {
    const [first, last] = [manifests[0]?.id ?? 0, manifests.at(-1)?.id ?? 0]
    const absent = Map.groupBy(
      await store.absentChildren(first, last),
      ({ manifest_id }) => manifest_id,
    )
    const alone = await store.withoutSubject(first, last)
    const found: MissingContent[] = []
    for (const manifest of manifests) {
      const children = absent.get(manifest.id)?.map(({ child_digest }) => child_digest)
      if (children !== undefined) found.push(await describe(manifest, 'sparse-list', children))
      if (alone.has(manifest.id)) {
        found.push(await describe(manifest, 'lone-referrer', [manifest.subject ?? '']))
      }
    }
    return found
  }

  async function damaged(): Promise<MissingContent[]> {
    const images = new Map<string, MissingContent>()
    for (const { digest: blob } of await damageStore(db).list(damageAtMost)) {
      for (const { repository, digest } of await store.imagesWith(blob, imagesOfBlob)) {
        const name = `${repository}@${digest}`
        const known = images.get(name)?.missing ?? []
        images.set(name, {
          ...{ kind: 'damaged-blob', repository, digest, tags: [], platforms: [] },
          missing: [...known, blob],
        })
      }
    }
    return [...images.values()]
  }

  /** One stretch of all manifests; `next` where there is more to look at. */
  async function look(after: number) {
    const found = after === 0 ? await damaged() : []
    let at = after
    for (let looked = 0; looked < manifestsALook && found.length < foundAtMost;) {
      const page = await store.page(at, manifestsAtOnce)
      found.push(...(await among(page)))
      at = page.at(-1)?.id ?? at
      looked += page.length
      if (page.length < manifestsAtOnce) return { found, next: undefined }
      await otherWork()
    }
    return { found, next: at }
  }

  return {
    look,

    /** A list of images that holds all of it, for the side that makes bundles. */
    async request(): Promise<{ text: string; images: number }> {
      const wanted = await listWantedImages(missedPulls, linesAtMost)
      const partial = new Map<string, Set<string>>()
      for (let after: number | undefined = 0; after !== undefined && partial.size < linesAtMost;) {
        const { found, next } = await look(after)
        for (const one of found) {
          for (const image of imagesFor(one)) {
            partial.set(image, new Set([...(partial.get(image) ?? []), ...one.platforms]))
          }
        }
        after = next
      }
      const lines = [
        ...wanted
          .filter((image) => parseImageName(image) !== undefined)
          .map((image) => `  - ${JSON.stringify(image)}`),
        ...[...partial].map(([image, platforms]) => lineOf(image, [...platforms])),
      ]
      const title = `# What ${config.serverHostname} lacks; images of its own go by the names that they have there.`
      const list = lines.length === 0 ? ['images: []'] : ['images:', ...lines]
      return { text: `${[title, ...list].join('\n')}\n`, images: lines.length }
    },
  }
}

/** What brings what is missing. */
const imagesFor = ({ kind, repository, digest, missing }: MissingContent): readonly string[] =>
  kind === 'lone-referrer'
    ? missing.map((subject) => `${repository}@${subject}`)
    : [`${repository}@${digest}`]

const lineOf = (image: string, platforms: readonly string[]): string =>
  platforms.length === 0
    ? `  - ${image}`
    : `  - image: ${image}\n    platforms: [${platforms.join(', ')}]`
