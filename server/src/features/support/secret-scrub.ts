import { maskedSetting } from '../../config/describe-settings.ts'

const mask = '[redacted]'
/** Shorter ones are words of every text. */
const shortestSecret = 4

const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${mask}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, mask],
  [/(:\/\/)[^/\s:@]*:[^/\s@]+@/g, `$1${mask}@`],
  [
    /\b(pass(?:word|wd|phrase)?|secret|token|api[_-]?key)(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
    `$1$2${mask}`,
  ],
]

/**
 * Takes out what must not leave the machine, although it should not be there: the secrets of the
 * settings wherever they stand, and whatever looks like one.
 */
export function createSecretScrub(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)]
    .filter(({ length }) => length >= shortestSecret)
    .sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const secret of known) clean = clean.replaceAll(secret, mask)
    for (const [pattern, instead] of patterns) clean = clean.replace(pattern, instead)
    return clean
  }
}

/** The values that would be masked if the settings were shown. */
export function secretsIn(settings: Iterable<readonly [string, unknown]>): readonly string[] {
  return [...settings].flatMap(([key, value]) => secretValues(key, value))
}

function secretValues(key: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => secretValues(key, one))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([inner, one]) => secretValues(inner, one))
  }
  if (typeof value !== 'string' && typeof value !== 'number') return []
  return maskedSetting(key, value) === value ? [] : [String(value), ...passwordOf(String(value))]
}

/** An address with a password in it: the password may stand elsewhere alone. */
function passwordOf(text: string): readonly string[] {
  if (!URL.canParse(text)) return []
  const { password } = new URL(text)
  return password === '' ? [] : [password, decodeSafely(password)]
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
