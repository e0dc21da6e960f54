import type { SeededRandom } from '../../crash/seeded-random.ts'
import type { Operation } from '../../support/api-description.ts'
import { sampleOfSchema } from '../../support/json-sample.ts'
import { nastyBodies, nastySegments, nastyTexts, nastyValues } from './nasty-values.ts'

/** One request as it goes onto the wire. */
export interface OddCall {
  readonly label: string
  readonly method: string
  /** With the query; nothing in it is escaped any more. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** The body ends before its announced length, and the connection with it. */
  readonly cut?: true
}

/** Values of path parameters that name something. */
export type Known = (parameter: string) => readonly string[]

const otherMethods = ['HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'DELETE', 'GET']

const oddHeaders: readonly Readonly<Record<string, string>>[] = [
  { authorization: 'Bearer' },
  { authorization: `Bearer ${'a'.repeat(40)}` },
  { authorization: 'Bearer a.b.c' },
  { authorization: 'Basic ====' },
  { authorization: 'Basic Og==' },
  { authorization: 'Negotiate x' },
  { cookie: '_csrf_token=nonsense; a=b; ; =' },
  { cookie: '_csrf_token=eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..a.b.c' },
  { 'x-csrf-token': '' },
  { 'x-csrf-token': 'x'.repeat(4_000) },
  { origin: 'null' },
  { origin: 'https://evil.example' },
  { 'user-agent': 'Mozilla/5.0' },
  { 'x-forwarded-for': "1.2.3.4, '; --, ::" },
  { 'x-forwarded-proto': 'gopher', 'x-forwarded-host': 'evil.example' },
  { host: 'evil.example:1' },
  { accept: 'application/xml' },
  { 'accept-encoding': '*;q=0' },
  { range: 'bytes=0-0,5-1' },
  { 'if-none-match': '*', 'if-modified-since': 'yesterday' },
  { 'x-http-method-override': 'DELETE' },
]

/** Odd requests of one kind of call: first of each kind, then by chance up to `count`. */
export function oddCalls(
  operation: Operation,
  random: SeededRandom,
  known: Known,
  count: number,
): OddCall[] {
  const makers = [plain, ...(operation.body === undefined ? [] : [field, field, field, wholeBody])]
  makers.push(segment, segment, query, query, method, header)
  if (operation.body !== undefined) makers.push(cutBody)
  const calls: OddCall[] = makers.map((make) => make(operation, random, known))
  while (calls.length < count) {
    calls.push((random.pick(makers) ?? plain)(operation, random, known))
  }
  return calls
}

type Maker = (operation: Operation, random: SeededRandom, known: Known) => OddCall

/** As it is meant, with everything or with only what has to be there. */
const plain: Maker = (operation, random, known) => ({
  label: 'plain',
  method: operation.method,
  path: `${fill(operation, random, known)}${queryOf(operation, random, known, 0.1)}`,
  ...encoded(operation, operation.body && sampleBody(operation, random, known)),
})

/** One place of the body holds something else, is missing, or something is added. */
const field: Maker = (operation, random, known) => {
  const body = sampleBody(operation, random, known)
  return {
    ...plain(operation, random, known),
    label: 'field',
    ...encoded(operation, changed(body, random, random.below(4))),
  }
}

const wholeBody: Maker = (operation, random, known) => {
  const { type, bytes } = random.pick(nastyBodies) ?? { bytes: Buffer.alloc(0) }
  return {
    ...plain(operation, random, known),
    label: 'body',
    headers: type === undefined ? {} : { 'content-type': type },
    body: bytes,
  }
}

const cutBody: Maker = (operation, random, known) => ({
  ...plain(operation, random, known),
  label: 'cut',
  headers: { 'content-type': 'application/json', 'content-length': '1000' },
  body: Buffer.from('{"name":'),
  cut: true,
})

const segment: Maker = (operation, random, known) => {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const odd = random.pick(names)
  const path = fill(operation, random, (name) =>
    name === odd ? [random.pick(nastySegments) ?? ''] : known(name),
  )
  const tails = ['', '', '', '/', '//', '/..', '/%2e%2e', '?', '#', ';x', '%00', '/extra']
  const tail = odd === undefined ? random.pick(tails) : ''
  return { ...plain(operation, random, known), label: 'path', path: `${path}${tail ?? ''}` }
}

const query: Maker = (operation, random, known) => ({
  ...plain(operation, random, known),
  label: 'query',
  path: `${fill(operation, random, known)}${queryOf(operation, random, known, 1)}`,
})

const nothing: Known = (name) => (name === 'repository' ? ['unknown/unknown'] : ['unknown'])

/** A write by another name would end what other calls are about, so it is about nothing. */
const method: Maker = (operation, random, known) => {
  const other = random.pick(otherMethods.filter((name) => name !== operation.method)) ?? 'PATCH'
  const isWrite = ['POST', 'PUT', 'DELETE'].includes(other)
  return {
    ...plain(operation, random, isWrite ? nothing : known),
    label: 'method',
    method: other,
  }
}

const header: Maker = (operation, random, known) => {
  const call = plain(operation, random, known)
  return { ...call, label: 'header', headers: { ...call.headers, ...random.pick(oddHeaders) } }
}

function fill({ path }: Operation, random: SeededRandom, known: Known): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = random.pick(known(name)) ?? 'unknown'
    return name === 'repository' || nastySegments.includes(value)
      ? value
      : encodeURIComponent(value)
  })
}

const sampleTexts = ['sample', 'harbour', 'latest', 'someone@example.com', 'read', 'user']
const textsByName: Readonly<Record<string, readonly string[]>> = {
  callback_url: ['http://127.0.0.1:9/'],
  callback_email: ['someone@example.com'],
  scope: ['repo:read', 'repo:write user:read'],
  response_type: ['token', 'code'],
  format: ['json', 'html'],
  redirect_uri: ['https://tool.invalid/back', 'https://tool.invalid/back/more'],
}
const laterSeconds = 4_000_000_000

function sampleBody({ body }: Operation, random: SeededRandom, known: Known): unknown {
  if (body === undefined) return {}
  const usual = [random.pick(sampleTexts) ?? '', ...sampleTexts]
  const texts = (name: string) => {
    const fitting = textsByName[name] ?? known(name)
    return random.chance(0.7) ? [random.pick(fitting) ?? '', ...usual] : usual
  }
  return sampleOfSchema(body, {
    requiredOnly: random.chance(0.3),
    texts,
    numbers: (name) => (name.startsWith('expir') ? laterSeconds : undefined),
  })
}

/** Goes down to some place of the value by chance, and spoils it. */
function changed(value: unknown, random: SeededRandom, depth: number): unknown {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.8)) {
    return value.map((item: unknown) => changed(item, random, depth - 1))
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject || depth < -3 || random.chance(0.05)) return random.pick(nastyValues)
  const entries = Object.entries(value)
  const [name] = random.pick(entries) ?? ['name']
  switch (random.below(6)) {
    case 0:
      return Object.fromEntries(entries.filter(([key]) => key !== name))
    case 1:
      return { ...value, [random.pick(nastyTexts) ?? 'more']: random.pick(nastyValues) }
    default:
      return Object.fromEntries(
        entries.map(([key, item]) => [key, key === name ? changed(item, random, depth - 1) : item]),
      )
  }
}

const strayParameters = ['next_page', 'page', 'limit', '_csrf_token', '__proto__', 'format', 'a[b]']

function queryOf(
  { query }: Operation,
  random: SeededRandom,
  known: Known,
  oddness: number,
): string {
  const meant = (name: string) => textsByName[name] ?? known(name)
  const pairs = query
    .map(({ name }) => name)
    .filter((name) => random.chance(oddness === 1 || meant(name).length > 1 ? 0.8 : 0.2))
    .map((name) => `${name}=${queryValue(random, oddness, meant(name))}`)
  if (random.chance(oddness * 0.4)) {
    pairs.push(`${random.pick(strayParameters) ?? 'x'}=${queryValue(random, 1, [])}`)
  }
  const [first] = pairs
  if (first !== undefined && random.chance(oddness * 0.3)) pairs.push(first, `${first}x`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const usualValues = ['true', 'false', '1', '5', 'like:a', 'eq:latest', 'harbour', '01/02/2026']

function queryValue(random: SeededRandom, oddness: number, meant: readonly string[]): string {
  if (!random.chance(oddness)) {
    const usual = meant.length > 1 && random.chance(0.9) ? meant : usualValues
    return encodeURIComponent(random.pick(usual) ?? '')
  }
  const odd = random.pick(nastySegments) ?? ''
  return odd.replaceAll('#', '').slice(0, 8_000)
}

/** A body as it is sent. */
export function encoded({ form }: Operation, value: unknown): Pick<OddCall, 'headers' | 'body'> {
  if (value === undefined) return { headers: {} }
  if (form && typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([name, field]): [string, string] => [
      name.toWellFormed(),
      typeof field === 'string' ? field.toWellFormed() : JSON.stringify(field),
    ])
    return {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(fields).toString()),
    }
  }
  return {
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  }
}
