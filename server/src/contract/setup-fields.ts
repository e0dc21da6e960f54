import { z } from 'zod'

/**
 * The shapes of what people type during setup. Names, addresses and ports are read as they were
 * meant: full-width characters of a Japanese keyboard become plain ones. Secrets stay as typed.
 */
const plain = (text: string) => text.normalize('NFKC').replaceAll('。', '.').trim()

export const plainText = (most: number, least = 0) =>
  z.string().max(4_096).overwrite(plain).min(least).max(most)

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const hostPattern = new RegExp(`^${label}(?:\\.${label})*$`)
const ipv4 = z.ipv4()
const ipv6 = z.ipv6()

export function isIpAddress(text: string): boolean {
  return ipv4.safeParse(text).success || ipv6.safeParse(text).success
}

/** RFC 1123; a name that consists of digits and dots would be an address gone wrong. */
function isHostName(text: string): boolean {
  return text.length <= 253 && hostPattern.test(text) && !/^[0-9.]+$/.test(text)
}

/** Lower case, without brackets, and as DNS spells it: `bücher.example` is `xn--bcher-kva.example`. */
function plainName(text: string): string {
  const name = plain(text)
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
  if (!/[^\0-\x7f]/.test(name)) return name
  return URL.parse(`http://${name}`)?.hostname ?? name
}

const typedName = () => z.string().max(1_024).overwrite(plainName)

export const hostName = () =>
  typedName().refine(
    (text) => isHostName(text) || isIpAddress(text),
    'must be a host name or an IP address, without scheme, port and path',
  )

/** Also `*.example.com`. */
export const certificateName = () =>
  typedName().refine(
    (text) => isHostName(text.replace(/^\*\./, '')) || isIpAddress(text),
    'must be a host name, *.name or an IP address',
  )

export const ipAddress = () => typedName().refine(isIpAddress, 'must be an IPv4 or IPv6 address')

export const wholeNumber = (least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && value.length <= 64 ? readNumber(plain(value)) : value),
    z.int(`must be a whole number from ${least} to ${most}`).min(least).max(most),
  )

function readNumber(text: string): number | string {
  return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : text
}

export const portNumber = () => wholeNumber(1, 65_535)

/** `https://host[:port][/path]`. */
export const webAddress = () =>
  plainText(2_048, 1).refine((text) => {
    const url = URL.parse(text)
    return (
      url !== null &&
      (url.protocol === 'https:' || url.protocol === 'http:') &&
      url.username === '' &&
      url.password === ''
    )
  }, 'must be an address that begins with https:// or http://, without user name and password')

/** Certificates in PEM, in any order. */
export const pemText = () =>
  z
    .string()
    .max(262_144)
    .refine((text) => text.includes('-----BEGIN'), 'must be text in PEM')

/**
 * Something that is never shown again. A new one is sent as text; what the server has already is
 * named by the `stored` value that it answered with, wherever it stands in a list.
 */
export const secretValue = (least = 1, most = 65_536) =>
  z.union([
    z
      .string()
      .min(least, `must have at least ${least} characters`)
      .max(most)
      .transform((secret): SecretValue => ({ secret })),
    z
      .object({ stored: z.string().min(1).max(64) })
      .transform(({ stored }): SecretValue => ({ stored })),
  ])

export type SecretValue = { readonly secret: string } | { readonly stored: string }

/** Values as the server's own steps see them: with their secrets as text. */
export type Revealed<T> = T extends SecretValue
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Revealed<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Revealed<T[Key]> }
      : T
