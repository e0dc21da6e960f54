import { isDigest } from '../../storage/digest.ts'
import {
  isPattern,
  isPlatform,
  isRepositoryPattern,
  isTagPattern,
  parseImageName,
} from './image-name.ts'
import type { SelectedItem, Selection, SelectionForm, SelectionProblem } from './selection.ts'

const mostItems = 100_000
const mostProblems = 200

/** Gathers what a reader of one form finds, and what it cannot take. */
export type Collector = ReturnType<typeof createCollector>

export function createCollector(form: SelectionForm) {
  const items: SelectedItem[] = []
  const problems: SelectionProblem[] = []
  const platforms = new Set<string>()

  const problem = (line: number, message: string, isIgnorable = false) => {
    if (problems.length < mostProblems) problems.push({ line, message, isIgnorable })
  }
  const add = (item: SelectedItem) => {
    if (items.length === mostItems) problem(item.line, 'There are too many images.')
    if (items.length <= mostItems) items.push(item)
  }
  const soundPlatforms = (written: readonly unknown[], line: number): readonly string[] =>
    written.flatMap((platform) => {
      if (typeof platform === 'string' && isPlatform(platform)) return [platform]
      problem(line, `"${show(platform)}" is no platform such as linux/arm64.`)
      return []
    })
  return {
    problem,

    /** One image by tag or digest; the tag may be a pattern, and is `latest` where it is left out. */
    addImage(written: string, line: number, own: readonly unknown[] = []) {
      const name = parseImageName(written)
      if (name === undefined) {
        problem(line, `"${show(written)}" is no name of an image.`)
        return
      }
      const { host, repository, digest, tag = isPattern(repository) ? '*' : 'latest' } = name
      const chosen = soundPlatforms(own, line)
      add({
        ...{ line, written, host, repository },
        wanted:
          digest !== undefined
            ? { kind: 'digest', digest, tag: name.tag }
            : isPattern(tag)
              ? { kind: 'tags', patterns: [tag] }
              : { kind: 'tag', tag },
        platforms: chosen.length === 0 ? undefined : chosen,
      })
    },

    /** Tags of a repository; none named means all of them. */
    addRepository(
      { host, repository }: { readonly host: string | undefined; readonly repository: string },
      line: number,
      tags: readonly unknown[],
      more: {
        readonly newest?: number | undefined
        readonly semver?: string | undefined
        readonly platforms?: readonly unknown[]
      } = {},
    ) {
      const written = host === undefined ? repository : `${host}/${repository}`
      if (!isRepositoryPattern(repository)) {
        problem(line, `"${show(written)}" is no name of a repository.`)
        return
      }
      const chosen = soundPlatforms(more.platforms ?? [], line)
      const place = { line, written, host, repository }
      const own = { platforms: chosen.length === 0 ? undefined : chosen }
      const patterns: string[] = []
      for (const tag of tags) {
        if (typeof tag === 'string' && isDigest(tag)) {
          add({ ...place, ...own, wanted: { kind: 'digest', digest: tag } })
        } else if (typeof tag === 'string' && isTagPattern(tag)) patterns.push(tag)
        else problem(line, `"${show(tag)}" is no tag.`)
      }
      if (patterns.length === 0 && tags.length > 0) return
      const { newest, semver } = more
      const wanted = {
        kind: 'tags',
        patterns: patterns.length === 0 ? ['*'] : patterns,
        newest,
        semver,
      } as const
      add({ ...place, ...own, wanted })
    },

    addPlatforms(written: readonly unknown[], line: number) {
      for (const platform of soundPlatforms(written, line)) platforms.add(platform)
    },

    result: (): Selection => ({ form, items, platforms: [...platforms], problems }),
  }
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  return text.slice(0, 100)
}
