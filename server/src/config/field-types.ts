import { isIP } from 'node:net'
import { z } from 'zod'

/**
 * The shapes that values in config.yaml take. Messages are the end of a sentence that begins with
 * the key, in the words of Quay's own validator.
 */
function says(text: string) {
  return { error: ({ input }: { input?: unknown }) => (input === undefined ? 'is required' : text) }
}

export const text = () => z.string(says('must be of type string')).min(1, 'is required')

export const textList = () => z.array(listEntry(), says('must be of type array'))

const listEntry = () => z.preprocess(numberAsText, z.string(says('must be of type string')))

/** Keys and passphrases: Quay also writes them as plain integers. */
export const secretText = () => z.preprocess(numberAsText, text())

/** `yes`, `on` and their opposites are booleans to the YAML 1.1 parser that Quay reads with. */
const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
}

export const flag = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? (words[value.toLowerCase()] ?? value) : value),
    z.boolean(says('must be of type bool')),
  )

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`
  const text = `must be of type int, ${range}`
  return z.preprocess(textAsNumber, z.int(says(text)).min(least, text).max(most, text))
}

export const share = () => {
  const text = 'must be a number from 0 to 1'
  return z.preprocess(textAsNumber, z.number(says(text)).min(0, text).max(1, text))
}

export const port = () => integer(0, 65_535)

/** One of the words, in any case; the value is the word as it stands in the list. */
export function choice<const Words extends readonly [string, ...string[]]>(...options: Words) {
  return z.preprocess(
    (value) =>
      typeof value === 'string'
        ? (options.find((word) => word.toLowerCase() === value.toLowerCase()) ?? value)
        : value,
    z.enum(options, says(`must be one of ${options.join(', ')}.`)),
  )
}

const durationPattern = /^([0-9]+)(w|m|d|h|s)$/
const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** `2w`, `30m` (minutes), as milliseconds. */
export const duration = () => measure(durationPattern, unitMs)

const sizePattern = /^([0-9]+)(G|M)$/
const unitBytes: Readonly<Record<string, number>> = { M: 1024 ** 2, G: 1024 ** 3 }

/** `20G`, as bytes; the units are powers of 1024, as in the proxy that enforces the limit in Quay. */
export const size = () => measure(sizePattern, unitBytes)

function measure(pattern: RegExp, units: Readonly<Record<string, number>>) {
  return z.string(says('must be of type string')).transform((value, context) => {
    const [, count, unit] = pattern.exec(value) ?? []
    const amount = Number(count) * (units[unit ?? ''] ?? NaN)
    if (Number.isSafeInteger(amount)) return amount
    const message = Number.isNaN(amount)
      ? `must have the regex pattern ${pattern.source.replaceAll(/\(\[0-9\]\+\)/g, '[0-9]+')}`
      : 'must be a smaller number'
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

const hostPattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?$/

export const hostname = () => text().refine(isServerHostname, 'must be of type Hostname')

/** `host[:port]`; an IPv6 address stands in brackets. */
export function isServerHostname(value: string): boolean {
  const match = hostPattern.exec(value)
  const port = Number(match?.[1] ?? 1)
  return match !== null && port >= 1 && port <= 65_535
}

const hostRule = 'must be an IP address or a host name, without a port'
const isListenHost = (value: string) =>
  isIP(value) !== 0 || (isServerHostname(value) && !/[:[]/.test(value))

/** An address to bind, or a name for one; IPv6 without brackets, as Node takes it. */
export const listenHost = () => text().refine(isListenHost, hostRule)

/** Where a proxy listens; whoever leaves the scheme out means HTTP. */
export const proxyAddress = () =>
  text().refine((value) => {
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`)
    return url !== null && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/'
  }, 'must be the address of an HTTP proxy, such as http://proxy.example:3128')

/** Where a service answers, with or without a path in front of its own. */
export const webAddress = () =>
  text().refine((value) => {
    const url = URL.parse(value)
    return url !== null && ['http:', 'https:'].includes(url.protocol) && url.search === ''
  }, 'must be an address such as https://gateway.example')

/** One, or several: a list, or separated by commas as the environment has it. */
export const listenHosts = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((host) => host.trim()) : value),
    z
      .array(text())
      .min(1)
      .max(64)
      .refine((hosts) => hosts.every(isListenHost), hostRule),
  )

function textAsNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?[0-9]+(?:\.[0-9]+)?$/.test(value) ? Number(value) : value
}

function numberAsText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value
}
