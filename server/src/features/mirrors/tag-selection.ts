import { compare, parse, satisfies, validRange, type SemVer } from 'semver'

import type { MirrorRules } from './mirror-rules.ts'
import { compileGlob } from './tag-glob.ts'

/** Signatures and the like are tags of their own in registries without referrers. */
const companion = /^sha256-[0-9a-f]{64}(?:\.[a-z]+)?$/

/** Whether a tag belongs to an image that it is named after, as cosign's do. */
export function isCompanion(tag: string): boolean {
  return companion.test(tag)
}

/** `v1.2`, `1.2.3-alpine` and the like; undefined for what is no version. */
export function versionOf(tag: string): SemVer | undefined {
  const [, major, minor = '0', patch = '0', rest = ''] =
    /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?((?:[-+].*)?)$/.exec(tag) ?? []
  if (major === undefined) return undefined
  const number = (text: string) => String(Number(text))
  const plain = `${number(major)}.${number(minor)}.${number(patch)}`
  return parse(plain + rest) ?? parse(plain) ?? undefined
}

export function isVersionRange(text: string): boolean {
  return validRange(text) !== null
}

/**
 * The tags of an upstream that a mirror follows, sorted by name: those that any pattern matches and
 * none excludes, narrowed by version and number. Names of companions stay with the images that they
 * belong to as soon as anything but the patterns decides.
 */
export function selectTags(
  available: readonly string[],
  patterns: readonly string[],
  rules: Pick<MirrorRules, 'newest' | 'semver' | 'exclude'>,
): string[] {
  const wanted = patterns.map(compileGlob)
  const unwanted = rules.exclude.map(compileGlob)
  const matched = [...new Set(available)].filter(
    (tag) => wanted.some((fits) => fits(tag)) && !unwanted.some((fits) => fits(tag)),
  )
  const { semver: range, newest } = rules
  if (range === null && newest === null) return matched.sort()
  const ranked = matched
    .filter((tag) => !isCompanion(tag))
    .map((tag) => ({ tag, version: versionOf(tag) }))
    .filter(
      ({ version }) =>
        range === null || (version !== undefined && satisfies(version, range, lenient)),
    )
    .sort(newestFirst)
  return ranked
    .slice(0, newest ?? ranked.length)
    .map(({ tag }) => tag)
    .sort()
}

/** `1.2.3-alpine` is how images name a variant, not something before 1.2.3. */
const lenient = { includePrerelease: true }

interface Ranked {
  readonly tag: string
  readonly version: SemVer | undefined
}

function newestFirst(a: Ranked, b: Ranked): number {
  if (a.version !== undefined && b.version !== undefined) {
    return compare(b.version, a.version) || byName(b.tag, a.tag)
  }
  if (a.version !== undefined) return -1
  return b.version !== undefined ? 1 : byName(b.tag, a.tag)
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
