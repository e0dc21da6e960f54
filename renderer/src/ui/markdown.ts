import DOMPurify from 'dompurify'
import MarkdownIt from 'markdown-it'

export interface MarkdownWords {
  /** Instead of a picture that lies elsewhere. */
  remoteImage: (about: string) => string
  opensElsewhere: string
}

/**
 * Markdown as safe nodes of the page. HTML inside it stays text; pictures from elsewhere become a
 * line of text, as no page may ask another host; links to elsewhere say so.
 */
export function renderMarkdown(
  text: string,
  { headingLevel, words }: { headingLevel: number; words: MarkdownWords },
): DocumentFragment {
  const markdown = new MarkdownIt({ html: false, linkify: true, typographer: false })
  // As nodes rather than text: nothing has to be parsed again, and Trusted Types are content.
  const safe = DOMPurify.sanitize(markdown.render(text), {
    USE_PROFILES: { html: true },
    FORBID_TAGS: ['style', 'form', 'input', 'button'],
    FORBID_ATTR: ['style', 'id', 'name', 'class'],
    RETURN_DOM_FRAGMENT: true,
  })
  for (const image of safe.querySelectorAll('img')) keepImageHere(image, words)
  for (const link of safe.querySelectorAll('a')) markLink(link, words)
  // What may be wider than its place is scrolled by keys too.
  for (const wide of safe.querySelectorAll<HTMLElement>('table, pre')) wide.tabIndex = 0
  for (const heading of [...safe.querySelectorAll('h1, h2, h3, h4, h5, h6')]) {
    const level = Math.min(6, Number(heading.tagName.slice(1)) + headingLevel - 1)
    const lower = document.createElement(`h${level}`)
    lower.append(...heading.childNodes)
    heading.replaceWith(lower)
  }
  return safe
}

function keepImageHere(image: HTMLImageElement, words: MarkdownWords): void {
  const source = image.getAttribute('src') ?? ''
  if (source.startsWith('data:image/')) return
  const line = document.createElement('span')
  line.dataset['placeholder'] = ''
  line.textContent = words.remoteImage(image.alt || source)
  image.replaceWith(line)
}

function markLink(link: HTMLAnchorElement, words: MarkdownWords): void {
  const target = link.getAttribute('href') ?? ''
  if (!/^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(target)) return
  link.rel = 'noopener noreferrer nofollow'
  link.target = '_blank'
  const mark = document.createElement('span')
  mark.dataset['external'] = ''
  mark.textContent = ` (${words.opensElsewhere})`
  link.append(mark)
}
