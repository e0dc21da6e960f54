import { setImmediate as otherWork } from 'node:timers/promises'

import { satisfies } from 'semver'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { bundleContentStore, type TaggedManifest, type TagRules } from './bundle-content-store.ts'
import type { ClosureRoot } from './content-closure.ts'
import { isGlob, matchesGlob } from './glob.ts'

export interface RepositoryWish {
  /** `organization/repository`, perhaps with `*`. */
  readonly name: string
  readonly tags?: readonly string[] | undefined
  /** Of those, only so many, the latest first. */
  readonly newest?: number | undefined
  /** Of those, only versions in this range. */
  readonly semver?: string | undefined
  readonly platforms?: readonly string[] | undefined
}

export interface SelectionProblem {
  readonly reference: string
  readonly message: string
}

/** An image of this registry, by tag or digest. */
export interface NamedImage {
  readonly reference: string
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: Digest | undefined
  readonly platforms?: readonly string[] | undefined
}

const repositoriesAtOnce = 200
const tagsAtOnce = 500
const rootsAtMost = 500_000

/** Finds what a selection means in this registry, a page at a time. */
export function createContentSelection({
  db,
  now,
  host,
  rules = {},
}: {
  db: Db
  now: Instant
  /** `host[:port]` of this registry, under which its images are named in a bundle. */
  host: string
  /** Of tags that nobody named one by one. */
  rules?: TagRules
}) {
  const store = bundleContentStore(db)
  const manifests = manifestStore(db)
  const repositories = repositoryStore(db)
  const roots = new Map<string, ClosureRoot>()
  const problems: SelectionProblem[] = []

  function add(
    { id, full_name }: { readonly id: number; readonly full_name: string },
    tag: string | undefined,
    digest: Digest,
    platforms: readonly string[] | undefined,
  ) {
    const name = `${host}/${full_name}`
    const reference = tag === undefined ? `${name}@${digest}` : `${name}:${tag}`
    if (roots.size >= rootsAtMost) return
    roots.set(reference, { repositoryId: id, name, reference, digest, platforms })
  }

  async function* matching(name: string) {
    if (!isGlob(name)) {
      const found = await repositories.find(name)
      if (found !== undefined) yield found
      return
    }
    const prefix = name.slice(0, name.search(/[*?]/))
    for (let after = ''; ;) {
      const page = await store.pageRepositories(prefix, after, repositoriesAtOnce)
      for (const row of page) if (matchesGlob(name, row.full_name)) yield row
      if (page.length < repositoriesAtOnce) return
      after = page.at(-1)?.full_name ?? ''
      await otherWork()
    }
  }

  async function listTags(
    repositoryId: number,
    patterns: readonly string[] | undefined,
  ): Promise<TaggedManifest[]> {
    const found: TaggedManifest[] = []
    for (let after = ''; ;) {
      const page = await store.pageTags(repositoryId, after, tagsAtOnce, now, rules)
      for (const row of page) {
        if (patterns?.some((pattern) => matchesGlob(pattern, row.tag)) !== false) found.push(row)
      }
      if (page.length < tagsAtOnce) return found
      after = page.at(-1)?.tag ?? ''
      await otherWork()
    }
  }

  return {
    roots,
    problems,

    async addRepositories(wish: RepositoryWish): Promise<void> {
      let repositoriesFound = 0
      let tagsFound = 0
      for await (const repository of matching(wish.name)) {
        repositoriesFound++
        const tags = chooseTags(await listTags(repository.id, wish.tags), wish)
        tagsFound += tags.length
        for (const { tag, digest } of tags) {
          add(repository, tag, parseDigest(digest), wish.platforms)
        }
      }
      if (repositoriesFound === 0) {
        problems.push({ reference: wish.name, message: 'No repository has this name.' })
      } else if (tagsFound === 0 && !isGlob(wish.name)) {
        const which = wish.tags === undefined ? '' : ` that fits ${wish.tags.join(', ')}`
        problems.push({ reference: wish.name, message: `The repository has no tag${which}.` })
      }
    },

    /** False when there is no such image here. */
    async addImage({ repository, tag, digest, platforms }: NamedImage): Promise<boolean> {
      const found = await repositories.find(repository)
      if (found === undefined) return false
      const manifest =
        digest === undefined
          ? await manifests.findByTag(found.id, tag ?? 'latest', now)
          : await manifests.findByDigest(found.id, digest)
      if (manifest === undefined) return false
      const name = digest === undefined ? (tag ?? 'latest') : tag
      add(found, name, parseDigest(manifest.digest), platforms)
      return true
    },

    /** What belongs to images that were chosen. @returns those that are new */
    addCompanions(companions: readonly ClosureRoot[]): readonly ClosureRoot[] {
      const fresh = companions.filter(({ reference }) => !roots.has(reference))
      for (const root of fresh) roots.set(root.reference, root)
      return fresh
    },
  }
}

function chooseTags(
  tags: readonly TaggedManifest[],
  { newest, semver }: RepositoryWish,
): readonly TaggedManifest[] {
  const inRange =
    semver === undefined ? tags : tags.filter(({ tag }) => satisfies(tag, semver, { loose: true }))
  return newest === undefined
    ? inRange
    : [...inRange].sort((a, b) => b.lifetime_start_ms - a.lifetime_start_ms).slice(0, newest)
}
