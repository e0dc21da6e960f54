/** Tags that were ticked, or all that there are and will be. */
export type ChosenTags = 'all' | readonly string[]
export type ChosenRepositories = 'all' | Readonly<Record<string, ChosenTags>>
/** By namespace. */
export type ChosenContent = Readonly<Record<string, ChosenRepositories>>

export type Tick = 'all' | 'some' | 'none'

export function tickOfNamespace(content: ChosenContent, namespace: string): Tick {
  const chosen = content[namespace]
  return chosen === undefined ? 'none' : chosen === 'all' ? 'all' : 'some'
}

export function tickOfRepository(
  content: ChosenContent,
  namespace: string,
  repository: string,
): Tick {
  const tags = tagsOf(content, namespace, repository)
  return tags === undefined ? 'none' : tags === 'all' ? 'all' : 'some'
}

export function isTagTicked(
  content: ChosenContent,
  namespace: string,
  repository: string,
  tag: string,
): boolean {
  const tags = tagsOf(content, namespace, repository)
  return tags === 'all' || (tags?.includes(tag) ?? false)
}

export const tickNamespace = (content: ChosenContent, namespace: string, on: boolean) =>
  replace(content, namespace, on ? 'all' : undefined)

/** @param names of all repositories of the namespace: the rest of them stays as it is */
export function tickRepository(
  content: ChosenContent,
  { namespace, repository }: { namespace: string; repository: string },
  tags: ChosenTags | undefined,
  names: readonly string[],
): ChosenContent {
  const before = content[namespace]
  const each =
    before === 'all'
      ? Object.fromEntries(names.map((name): [string, ChosenTags] => [name, 'all']))
      : (before ?? {})
  const left = replace(each, repository, tags === undefined || tags.length === 0 ? undefined : tags)
  return replace(content, namespace, Object.keys(left).length === 0 ? undefined : left)
}

/** As the server takes it. */
export function repositoriesOf(content: ChosenContent): { name: string; tags?: string[] }[] {
  return Object.entries(content).flatMap(([namespace, repositories]) =>
    repositories === 'all'
      ? [{ name: `${namespace}/*` }]
      : Object.entries(repositories).map(([repository, tags]) => ({
          name: `${namespace}/${repository}`,
          ...(tags !== 'all' && { tags: [...tags] }),
        })),
  )
}

/** The other way round. */
export function contentOf(
  repositories: readonly { readonly name: string; readonly tags?: readonly string[] | undefined }[],
): ChosenContent {
  const content: Record<string, ChosenRepositories> = {}
  for (const { name, tags } of repositories) {
    const slash = name.indexOf('/')
    const [namespace, repository] = [name.slice(0, slash), name.slice(slash + 1)]
    const before = content[namespace]
    if (before === 'all') continue
    content[namespace] = repository === '*' ? 'all' : { ...before, [repository]: tags ?? 'all' }
  }
  return content
}

export function tagsOf(
  content: ChosenContent,
  namespace: string,
  repository: string,
): ChosenTags | undefined {
  const repositories = content[namespace]
  return repositories === 'all' ? 'all' : repositories?.[repository]
}

function replace<Value>(
  all: Readonly<Record<string, Value>>,
  key: string,
  value: Value | undefined,
): Readonly<Record<string, Value>> {
  const others = Object.entries(all).filter(([name]) => name !== key)
  return Object.fromEntries(value === undefined ? others : [...others, [key, value]])
}
