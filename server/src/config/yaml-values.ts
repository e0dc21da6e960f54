import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'

export interface YamlValues {
  readonly values: ReadonlyMap<string, { readonly value: unknown; readonly line: number }>
  readonly mistakes: readonly YamlMistake[]
}

export interface YamlMistake {
  readonly line: number
  readonly found: string
  readonly expected: string
}

const deepest = 32

/**
 * The top-level keys of a YAML (or JSON) mapping. Nulls below the top are dropped, integers that a
 * number cannot hold stay text. Mistakes never quote the text: it may hold a password.
 */
export function readYaml(source: string, schema: 'core' | 'json'): YamlValues {
  const lines = new LineCounter()
  const document = parseDocument(source, {
    schema,
    merge: schema === 'core',
    intAsBigInt: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const values = new Map<string, { value: unknown; line: number }>()

  if (document.errors.length > 0) {
    const mistakes = document.errors.map((error) => ({
      line: lineAt(error.pos[0]),
      found: error.code.toLowerCase().replaceAll('_', ' '),
      expected: schema === 'json' ? 'valid JSON' : 'valid YAML',
    }))
    return { values, mistakes }
  }
  if (document.contents === null || isNull(document.contents)) return { values, mistakes: [] }
  if (!isMap(document.contents)) {
    const mistake = { line: 1, found: 'something else', expected: 'a mapping of keys to values' }
    return { values, mistakes: [mistake] }
  }

  const keyLines = new Map(
    document.contents.items.flatMap(({ key }) =>
      isScalar(key) ? [[String(key.value), lineAt(key.range[0])]] : [],
    ),
  )
  try {
    const plain: unknown = document.toJS({ maxAliasCount: 100 })
    for (const [key, value] of Object.entries(plain as Readonly<Record<string, unknown>>)) {
      values.set(key, { value: simplify(value, 1), line: keyLines.get(key) ?? 1 })
    }
    return { values, mistakes: [] }
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error
    const found = 'an alias without its anchor, or nested too deeply'
    return { values: new Map(), mistakes: [{ line: 1, found, expected: 'plain values' }] }
  }
}

function isNull(node: unknown): boolean {
  return isScalar(node) && node.value === null
}

function simplify(value: unknown, depth: number): unknown {
  if (depth > deepest) throw new RangeError('nested too deeply')
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (Array.isArray(value)) return value.map((item) => simplify(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, simplify(item, depth + 1)]),
  )
}
