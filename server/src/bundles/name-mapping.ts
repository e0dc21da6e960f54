import { BundleFault } from './bundle-fault.ts'

/**
 * Rules such as `quay.io/(.*)=mirror/$1`: they look like regular expressions but know only plain
 * text, `(.*)`, `(.+)`, `([^/]*)` and `([^/]+)`, so that no rule can keep the server busy.
 */
export interface NameRule {
  readonly text: string
  readonly tokens: readonly Token[]
  readonly replacement: readonly (string | number)[]
}

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'some'
      readonly isGroup: boolean
      readonly mayCrossSlash: boolean
      readonly mayBeEmpty: boolean
    }

const longestRule = 512
const longestName = 512
const mostWildcards = 9
const mostRules = 1000

const part = /\(?(?:\.|\[\^\/\])[*+]\)?|\\[.\-/]|[A-Za-z0-9._:@/[\]-]/y

/** @throws BundleFault `mapping-invalid` */
export function parseNameRules(rules: readonly string[]): readonly NameRule[] {
  if (rules.length > mostRules)
    throw new BundleFault('mapping-invalid', 'There are too many rules.')
  return rules.map(parseNameRule)
}

function parseNameRule(text: string): NameRule {
  if (text.length > longestRule) throw invalid(text, 'it is too long')
  const at = text.indexOf('=')
  if (at < 1) throw invalid(text, 'it has no "="')
  const tokens = parsePattern(text.slice(0, at), text)
  const groups = tokens.filter((token) => token.kind === 'some' && token.isGroup).length
  return { text, tokens, replacement: parseReplacement(text.slice(at + 1), groups, text) }
}

function parsePattern(pattern: string, rule: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length;) {
    part.lastIndex = at
    const [found] = part.exec(pattern) ?? []
    if (found === undefined) throw invalid(rule, `"${pattern.charAt(at)}" is not known here`)
    at += found.length
    const token = tokenOf(found, rule)
    const last = tokens.at(-1)
    if (token.kind === 'text' && last?.kind === 'text') {
      tokens[tokens.length - 1] = { kind: 'text', text: last.text + token.text }
    } else tokens.push(token)
  }
  if (tokens.filter(({ kind }) => kind === 'some').length > mostWildcards) {
    throw invalid(rule, 'it has more than nine wildcards')
  }
  return tokens
}

function tokenOf(found: string, rule: string): Token {
  if (found.length === 1) return { kind: 'text', text: found }
  if (found.startsWith('\\')) return { kind: 'text', text: found.slice(1) }
  const isGroup = found.startsWith('(')
  if (isGroup !== found.endsWith(')')) throw invalid(rule, 'its parentheses do not match')
  return {
    ...{ kind: 'some', isGroup, mayCrossSlash: !found.includes('^') },
    mayBeEmpty: found.includes('*'),
  }
}

function parseReplacement(
  text: string,
  groups: number,
  rule: string,
): readonly (string | number)[] {
  if (!/^(?:[a-z0-9._/:-]|\$[1-9])+$/.test(text)) {
    throw invalid(rule, 'a name has small letters, digits, ".", "_", "-", "/" and $1 to $9')
  }
  return text
    .split(/(\$[1-9])/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (!piece.startsWith('$')) return piece
      const number = Number(piece.slice(1))
      if (number > groups) throw invalid(rule, `it has no group ${piece}`)
      return number
    })
}

const invalid = (rule: string, reason: string) =>
  new BundleFault('mapping-invalid', `"${rule.slice(0, longestRule)}": ${reason}.`)

/** What the first rule that matches makes of `host/org/app`; undefined when none does. */
export function mapName(rules: readonly NameRule[], name: string): string | undefined {
  if (name.length > longestName) return undefined
  for (const { tokens, replacement } of rules) {
    const groups = matchTokens(tokens, name)
    if (groups === undefined) continue
    return replacement
      .map((piece) => (typeof piece === 'number' ? (groups[piece - 1] ?? '') : piece))
      .join('')
  }
  return undefined
}

/** Greedy, and never twice at the same place: at worst tokens times length squared. */
function matchTokens(tokens: readonly Token[], name: string): readonly string[] | undefined {
  const failed = new Set<number>()
  const match = (at: number, from: number): readonly string[] | undefined => {
    const token = tokens[at]
    if (token === undefined) return from === name.length ? [] : undefined
    const place = at * (longestName + 1) + from
    if (failed.has(place)) return undefined
    const found = matchToken(token, at, from)
    if (found === undefined) failed.add(place)
    return found
  }
  const matchToken = (token: Token, at: number, from: number) => {
    if (token.kind === 'text') {
      return name.startsWith(token.text, from) ? match(at + 1, from + token.text.length) : undefined
    }
    const slash = token.mayCrossSlash ? -1 : name.indexOf('/', from)
    const end = slash === -1 ? name.length : slash
    for (let to = end; to >= from + (token.mayBeEmpty ? 0 : 1); to--) {
      const rest = match(at + 1, to)
      if (rest !== undefined) return token.isGroup ? [name.slice(from, to), ...rest] : rest
    }
    return undefined
  }
  return match(0, 0)
}

/** A rule that moves everything below one name to below another: what clients can be told. */
export interface MirrorPair {
  /** `quay.io` or `quay.io/org` */
  readonly source: string
  /** Below the registry; empty: the same names. */
  readonly target: string
}

/** @returns undefined for a rule that clients cannot express. */
export function mirrorPairOf({ tokens, replacement }: NameRule): MirrorPair | undefined {
  const [first, second, ...others] = tokens
  if (first?.kind !== 'text') return undefined
  if (second === undefined) {
    return replacement.length === 1 && typeof replacement[0] === 'string'
      ? { source: first.text, target: replacement[0] }
      : undefined
  }
  const isAll = second.kind === 'some' && second.isGroup && second.mayCrossSlash
  if (others.length > 0 || !isAll || !first.text.endsWith('/')) return undefined
  const [target, group, ...more] = replacement[0] === 1 ? ['', ...replacement] : [...replacement]
  if (typeof target !== 'string' || group !== 1 || more.length > 0) return undefined
  if (target !== '' && !target.endsWith('/')) return undefined
  return { source: first.text.slice(0, -1), target: target.replace(/\/$/, '') }
}
