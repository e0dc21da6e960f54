import { helpTopics, type HelpTopic } from './help-topics.ts'

/** Each its own file of the build, fetched from this server when it is read. */
const files = import.meta.glob<string>('./texts/*/*.md', { query: '?raw', import: 'default' })

export interface HelpText {
  /** Without its title, which the page shows. */
  readonly body: string
  /** In English for want of a translation. */
  readonly isFallback: boolean
}

/** @param host as clients write it in front of an image's name */
export async function loadHelp(topic: HelpTopic, locale: string, host: string): Promise<HelpText> {
  const own = files[`./texts/${locale}/${topic}.md`]
  const text = await (own ?? files[`./texts/en/${topic}.md`])?.()
  const body = (text ?? '').replace(/^#\s.*\n+/, '').replaceAll('{{host}}', host)
  return { body, isFallback: own === undefined }
}

export interface HelpHit {
  readonly topic: HelpTopic
  /** The line that has the words, without marks. */
  readonly line: string
}

/** Topics that contain all of the words, those that name them in their title first. */
export async function searchHelp(
  words: string,
  locale: string,
  host: string,
): Promise<readonly HelpHit[]> {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  const hits = await Promise.all(
    helpTopics.map(async ({ name, title }) => {
      const { body } = await loadHelp(name, locale, host)
      const isIn = (text: string) => wanted.every((word) => text.toLowerCase().includes(word))
      if (!isIn(`${title()}\n${body}`)) return undefined
      const lines = plainLines(body)
      const best =
        lines.find(isIn) ?? lines.find((line) => line.toLowerCase().includes(wanted[0] ?? ''))
      return { topic: name, line: best ?? lines[0] ?? '', isTitle: isIn(title()) }
    }),
  )
  return hits
    .filter((hit) => hit !== undefined)
    .toSorted((a, b) => Number(b.isTitle) - Number(a.isTitle))
}

/** Paragraphs without the marks of Markdown, for a line of a list. */
export function plainLines(body: string): readonly string[] {
  return body
    .split(/\n{2,}/)
    .map((part) =>
      part
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replaceAll(/^\s*(?:[-*#>|]+|\d+\.)\s*/gm, '')
        .replaceAll(/[*`|]/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '')
}
