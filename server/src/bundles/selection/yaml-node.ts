import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml'

/** Reading of YAML that knows in which line each value stands. */
export interface Place {
  readonly node: unknown
  readonly lines: LineCounter
}

export function lineOf({ node, lines }: Place): number {
  const range = (node as Partial<Node> | null)?.range
  return range === undefined || range === null ? 1 : Math.max(1, lines.linePos(range[0]).line)
}

/** The value of a field; undefined when there is none. */
export function field(place: Place, key: string): Place | undefined {
  const found = fields(place).find((one) => one.key === key)
  return found?.value
}

export interface Field {
  readonly key: string
  readonly line: number
  readonly value: Place
}

export function fields({ node, lines }: Place): readonly Field[] {
  if (!isMap(node)) return []
  return node.items.flatMap((pair: Pair) => {
    if (!isScalar(pair.key)) return []
    const { value: key } = pair.key
    const line = lineOf({ node: pair.key, lines })
    return [{ key: String(key), line, value: { node: pair.value, lines } }]
  })
}

export function items({ node, lines }: Place): readonly Place[] {
  return isSeq(node) ? node.items.map((item) => ({ node: item, lines })) : []
}

export const isList = ({ node }: Place): boolean => isSeq(node)
export const isFields = ({ node }: Place): boolean => isMap(node)

export function scalar(place: Place | undefined): unknown {
  return place !== undefined && isScalar(place.node) ? place.node.value : undefined
}

export function text(place: Place | undefined): string | undefined {
  const value = scalar(place)
  return typeof value === 'string' ? value : undefined
}

/** The plain values of a list, numbers as they were written; anything else comes as undefined. */
export function values(place: Place | undefined): readonly unknown[] {
  return place === undefined ? [] : items(place).map(asWritten)
}

/** A tag such as 1.10 is no number, whatever YAML thinks. */
function asWritten(place: Place): unknown {
  const value = scalar(place)
  const isNumber = typeof value === 'number' && isScalar(place.node)
  return isNumber ? (place.node.source ?? String(value)) : value
}
