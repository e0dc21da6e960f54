import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import {
  manifestPath,
  organizationPath,
  repositoryPath,
  tagPath,
  teamPath,
  userPath,
} from '../../router/routes.ts'

export type Found = Output<'GET /api/v1/mooring/search'>

export interface FoundItem {
  readonly key: string
  readonly label: string
  readonly detail?: string
  readonly href: string
}
export interface FoundGroup {
  readonly key: string
  readonly label: string
  readonly items: readonly FoundItem[]
  /** There are others. */
  readonly hasMore: boolean
}

const robotPage = (name: string) =>
  `${organizationPath(name.split('+')[0] ?? name)}?tab=Robotaccounts`

/** In the order in which people look for things; empty kinds are left out. */
export function groupsOf(
  found: Found,
  pages: readonly { readonly label: string; readonly href: string }[],
): readonly FoundGroup[] {
  const more = new Set<string>(found.more)
  const groups: readonly Omit<FoundGroup, 'hasMore'>[] = [
    {
      key: 'repositories',
      label: m.search_repositories(),
      items: found.repositories.map(({ name, description }) => ({
        ...{ key: name, label: name, href: repositoryPath(name) },
        ...(description !== null && description !== '' && { detail: firstLine(description) }),
      })),
    },
    {
      key: 'tags',
      label: m.search_tags(),
      items: found.tags.map(({ repository, name }) => ({
        ...{ key: `${repository}:${name}`, label: `${repository}:${name}` },
        href: tagPath(repository, name),
      })),
    },
    {
      key: 'digests',
      label: m.search_digests(),
      items: found.digests.map(({ repository, digest, tags }) => ({
        ...{ key: `${repository}@${digest}`, label: digest },
        detail: [repository, ...tags].join(' · '),
        href: manifestPath(repository, digest),
      })),
    },
    {
      key: 'labels',
      label: m.search_labels(),
      items: found.labels.map(({ repository, digest, key, value }) => ({
        ...{ key: `${repository}@${digest} ${key}=${value}`, label: `${key}=${value}` },
        detail: `${repository} · ${digest.slice(0, 19)}`,
        href: manifestPath(repository, digest),
      })),
    },
    {
      key: 'organizations',
      label: m.search_organizations(),
      items: found.organizations.map(({ name }) => ({
        ...{ key: name, label: name, href: organizationPath(name) },
      })),
    },
    {
      key: 'users',
      label: m.search_users(),
      items: found.users.map(({ name }) => ({ key: name, label: name, href: userPath(name) })),
    },
    {
      key: 'teams',
      label: m.search_teams(),
      items: found.teams.map(({ organization, name }) => ({
        ...{ key: `${organization}/${name}`, label: name, detail: organization },
        href: teamPath(organization, name),
      })),
    },
    {
      key: 'robots',
      label: m.search_robots(),
      items: found.robots.map(({ name }) => ({ key: name, label: name, href: robotPage(name) })),
    },
    {
      key: 'pages',
      label: m.search_pages(),
      items: pages.map(({ label, href }) => ({ key: href, label, href })),
    },
  ]
  return groups
    .filter(({ items }) => items.length > 0)
    .map((group) => ({ ...group, hasMore: more.has(group.key) }))
}

const firstLine = (text: string) => (text.trim().split('\n')[0] ?? '').slice(0, 160)
