import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AccessService, Sight } from '../access/access-service.ts'
import type { Principal } from '../accounts/principal.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import type { RepositoryListService } from '../repositories/repository-list-service.ts'
import { starStore } from '../repositories/star-store.ts'
import type { AccountSearchService } from '../search/account-search-service.ts'
import type { RepositorySearchService } from '../search/repository-search-service.ts'
import { parseNamePrefix, parseSearchText } from '../search/search-text.ts'
import { globalSearchStore, type FoundLabel } from './global-search-store.ts'
import { repositoryRowStore } from './repository-row-store.ts'

export type GlobalSearch = ReturnType<typeof createGlobalSearch>

const eachAtMost = 10
/** The best few are picked from so many. */
const repositoriesLookedAt = 100
/** Visible repositories whose tags, and whose labels, are looked at. */
const reposWithTags = 2_000
const reposWithLabels = 100
const tagsWithLabels = 50
const manifestsLookedAt = 200
const tagsOfDigests = 100

/** A few of everything that somebody may know of and that is called so. */
export function createGlobalSearch({
  db,
  clock,
  access,
  lists,
  repositories,
  accounts,
}: {
  db: Db
  clock: Clock
  access: AccessService
  lists: RepositoryListService
  repositories: RepositorySearchService
  accounts: AccountSearchService
}) {
  const store = globalSearchStore(db)

  /** Those that fit the text, those that somebody has starred, and others, as far as it goes. */
  async function nearRepositories(principal: Principal, sight: Sight, found: readonly number[]) {
    const starred =
      principal.kind === 'anonymous'
        ? []
        : await starStore(db).list(principal.id, 0, reposWithLabels)
    const some = await lists.some(sight, reposWithTags + 1)
    const seen = await lists.filter(sight, starred)
    return {
      ids: [...new Set([...found, ...seen, ...some])].slice(0, reposWithTags),
      areAll: some.length <= reposWithTags,
    }
  }

  async function findTags(sight: Sight, text: string, near: readonly number[]) {
    const now = clock.now()
    const colon = text.lastIndexOf(':')
    const repository = colon > 0 && text.includes('/') ? text.slice(0, colon) : undefined
    if (repository === undefined) return store.tagsStartingWith(near, text, now, eachAtMost + 1)
    const rows = await repositoryRowStore(db).listByNames([repository])
    const seen = await lists.filter(
      sight,
      rows.map(({ id }) => id),
    )
    return store.tagsStartingWith([...seen], text.slice(colon + 1), now, eachAtMost + 1)
  }

  async function findDigests(sight: Sight, text: string) {
    const prefix = digestPrefix(text)
    if (prefix === undefined) return []
    const now = clock.now()
    const candidates = await store.manifestsStartingWith(prefix, manifestsLookedAt)
    const seen = await lists.filter(sight, [
      ...new Set(candidates.map(({ repository_id }) => repository_id)),
    ])
    const visible = candidates.filter(({ repository_id }) => seen.has(repository_id))
    const found = []
    for (const manifest of visible) {
      if (found.length > eachAtMost) break
      const { repository_id, id } = manifest
      if (await manifestStore(db).isAlive(repository_id, id, now)) found.push(manifest)
    }
    const tags = Map.groupBy(
      await store.tagsOn(
        found.map(({ id }) => id),
        now,
        tagsOfDigests,
      ),
      ({ manifest_id }) => manifest_id,
    )
    return found.map((manifest) => ({
      ...manifest,
      tags: (tags.get(manifest.id) ?? []).map(({ name }) => name),
    }))
  }

  async function findLabels(query: string, near: readonly number[]) {
    const label = parseLabel(query)
    if (label === undefined) return []
    const found: FoundLabel[] = []
    for (const repositoryId of near.slice(0, reposWithLabels)) {
      const limit = eachAtMost + 1 - found.length
      if (limit <= 0) break
      const where = { tags: tagsWithLabels, limit }
      found.push(...(await store.labelsOf(repositoryId, label, clock.now(), where)))
      // SQLite answers within the turn of the event loop, so waiting for it lets nobody else in.
      await otherWork()
    }
    return found
  }

  return {
    async find(principal: Principal, query: string) {
      const text = parseSearchText(query)
      if (text === '') return undefined
      const sight = access.sightOf(principal)
      const found = (await repositories.find(sight, text, repositoriesLookedAt)).map(({ id }) => id)
      const near = await nearRepositories(principal, sight, found)
      const tags = await findTags(sight, query.trim(), near.ids)
      const digests = await findDigests(sight, text)
      const labels = await findLabels(query.trim(), near.ids)
      const prefix = parseNamePrefix(query)
      const wanted = eachAtMost + 1
      const namespaces = prefix === '' ? [] : await accounts.findNamespaces(prefix, 2 * wanted)
      const named = new Map(
        (
          await lists.rows([
            ...new Set([
              ...found.slice(0, wanted),
              ...[...tags, ...digests, ...labels].map(({ repository_id }) => repository_id),
            ]),
          ])
        ).map((row) => [row.id, row]),
      )
      return {
        repositories: found.slice(0, wanted).flatMap((id) => named.get(id) ?? []),
        tags,
        digests,
        labels,
        organizations: namespaces.filter(({ organization }) => organization === 1),
        users: namespaces.filter(({ organization }) => organization === 0),
        teams: prefix === '' ? [] : await accounts.findOwnTeams(principal, prefix, wanted),
        robots: prefix === '' ? [] : await accounts.findOwnRobots(principal, prefix, wanted),
        nameOf: (repositoryId: number) => named.get(repositoryId)?.full_name ?? '',
        /** Whether all repositories were looked at for tags. */
        sawAll: near.areAll,
      }
    },
  }
}

/** People leave the name of the algorithm out. */
function digestPrefix(text: string): string | undefined {
  if (/^sha(?:256|512):[0-9a-f]+$/.test(text)) return text
  return /^[0-9a-f]{6,128}$/.test(text) ? `sha256:${text}` : undefined
}

/** `key=value`, or a key with a dot in it. */
function parseLabel(query: string) {
  const equals = query.indexOf('=')
  if (equals > 0) return { key: query.slice(0, equals), value: query.slice(equals + 1) }
  return query.includes('.') && !query.includes('/') ? { key: query, value: undefined } : undefined
}
