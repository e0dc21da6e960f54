export type Mark = 'bold' | 'italic' | 'quote' | 'code' | 'link' | 'list'

interface Marked {
  readonly text: string
  /** What to select next. */
  readonly from: number
  readonly to: number
}

/** Puts the marks of Markdown around what is selected, or around a word to be replaced. */
export function withMark(
  text: string,
  from: number,
  to: number,
  mark: Mark,
  placeholder: string,
): Marked {
  const chosen = text.slice(from, to) || placeholder
  const [before, inner, after] = parts(chosen, mark)
  return {
    text: text.slice(0, from) + before + inner + after + text.slice(to),
    from: from + before.length,
    to: from + before.length + inner.length,
  }
}

function parts(chosen: string, mark: Mark): readonly [string, string, string] {
  switch (mark) {
    case 'bold':
      return ['**', chosen, '**']
    case 'italic':
      return ['*', chosen, '*']
    case 'code':
      return ['`', chosen, '`']
    case 'link':
      return ['[', chosen, '](https://)']
    case 'quote':
      return ['', chosen.replaceAll(/^/gm, '> '), '']
    case 'list':
      return ['', chosen.replaceAll(/^/gm, '- '), '']
  }
}
