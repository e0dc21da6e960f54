import { isDeepStrictEqual } from 'node:util'
import { isMap, isScalar, parseDocument, stringify } from 'yaml'
import { parseSettings } from './read-bundle.ts'

/** Top-level keys and what they become; undefined takes a key out. */
export type SettingChanges = ReadonlyMap<string, unknown>

/**
 * The text of config.yaml with some keys changed. What is not touched stays as it was written, byte
 * for byte: comments, order, quotes.
 * @throws BundleError where the text is no YAML.
 */
export function changeConfigText(text: string, changes: SettingChanges): string {
  const before = parseSettings(text)
  const wanted = Object.fromEntries(
    Object.entries({ ...before, ...Object.fromEntries(changes) }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  const changed = new Map(
    [...changes].filter(([key, value]) => !isDeepStrictEqual(before[key], value)),
  )
  if (changed.size === 0) return text
  const spliced = splice(text, changed)
  return isReadAs(spliced, wanted) ? spliced : rewrite(text, changed)
}

function splice(text: string, changes: SettingChanges): string {
  const document = parseDocument(text)
  if (!isMap(document.contents) && document.contents !== null) return text
  const { contents } = document
  const items = contents === null || contents.flow === true ? [] : contents.items
  const places = new Map(
    items.flatMap(({ key, value }) => {
      if (!isScalar(key)) return []
      const node: unknown = value
      const end = hasRange(node) ? node.range[1] : key.range[1] + 1
      return [[String(key.value), { start: key.range[0], end }] as const]
    }),
  )
  const edits = [...changes].flatMap(([key, value]) => {
    const place = places.get(key)
    return place === undefined ? [] : [{ ...place, key, value }]
  })
  let result = text
  for (const { start, end, key, value } of edits.toSorted((a, b) => b.start - a.start)) {
    const old = result.slice(start, end)
    const kept = old.trimEnd().length
    if (value === undefined) {
      const lineEnd = result.indexOf('\n', start + kept)
      result = result.slice(0, start) + (lineEnd < 0 ? '' : result.slice(lineEnd + 1))
    } else {
      result = result.slice(0, start) + lineOf(key, value) + result.slice(start + kept)
    }
  }
  const added = [...changes].filter(([key, value]) => !places.has(key) && value !== undefined)
  if (added.length === 0) return result
  const lead = result === '' || result.endsWith('\n') ? result : `${result}\n`
  return `${lead}${added.map(([key, value]) => `${lineOf(key, value)}\n`).join('')}`
}

/** Without the last line break. */
function lineOf(key: string, value: unknown): string {
  return stringify({ [key]: value }, { blockQuote: false, lineWidth: 0 }).trimEnd()
}

/** For texts that are no plain list of keys, such as JSON: the comments stay, the layout may not. */
function rewrite(text: string, changes: SettingChanges): string {
  const document = parseDocument(text)
  for (const [key, value] of changes) {
    if (value === undefined) document.delete(key)
    else document.set(key, value)
  }
  return document.toString()
}

function isReadAs(text: string, wanted: Readonly<Record<string, unknown>>): boolean {
  try {
    return isDeepStrictEqual(parseSettings(text), wanted)
  } catch {
    return false
  }
}

function hasRange(node: unknown): node is { range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
