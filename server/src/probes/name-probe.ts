import { lookup, lookupService } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isOwnAddress, type NetworkAddress } from '../first-start/host-names.ts'
import { doubtful, fine, probing, reasonOf, wrong, type Probe, type ProbeContext } from './probe.ts'

/** How names become addresses and back: as every other program of the host does it. */
export interface NameLookup {
  /** @throws Error with the code of the resolver */
  addressesOf(name: string): Promise<readonly string[]>
  nameOf(address: string): Promise<string | undefined>
}

const patienceMs = 5_000

export function systemNames(): NameLookup {
  return {
    async addressesOf(name) {
      const found = await soon(lookup(name, { all: true }))
      return [...new Set(found.map(({ address }) => address))]
    },
    nameOf: (address) =>
      soon(lookupService(address, 443)).then(
        ({ hostname }) => (hostname === address ? undefined : hostname.toLowerCase()),
        () => undefined,
      ),
  }
}

async function soon<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(Object.assign(new Error('no name server answers in time'), { code: 'EAI_AGAIN' }))
  }, patienceMs)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

export interface NameToProbe {
  readonly name: string
  readonly addresses: readonly NetworkAddress[]
  readonly names: NameLookup
}

/** Whether clients that type this name will arrive at this host. */
export async function* probeName(wanted: NameToProbe, context: ProbeContext): Probe {
  const { name, addresses, names } = wanted
  if (isIP(name) !== 0) return yield* probeAddressName(wanted, context)
  const host = name.replace(/^\*\./, 'any.')
  let found: readonly string[] = []
  const state = yield* probing(context, `name:${name}`, `Looking up ${name}`, async () => {
    if (name === 'localhost' || name.endsWith('.localhost')) {
      return doubtful('MOOR-NAME-003', { name })
    }
    try {
      found = await names.addressesOf(host)
    } catch (error) {
      return wrong('MOOR-NAME-001', { name, reason: reasonOf(error) })
    }
    const elsewhere = found.filter((address) => !isOwnAddress({ addresses }, address))
    const facts = { name, addresses: elsewhere.join(', ') }
    if (elsewhere.length === found.length) return doubtful('MOOR-NAME-002', facts)
    if (elsewhere.length > 0) return doubtful('MOOR-NAME-009', facts)
    const list = found.map((address) => `${isIP(address) === 6 ? 'AAAA' : 'A'} ${address}`)
    return fine(`${name} leads to this host: ${list.join(', ')}`, {
      name,
      addresses: found.join(', '),
    })
  })
  if (state === 'failed' || name.endsWith('localhost')) return state
  yield* probeSpelling(name, context)
  if (!name.startsWith('*.')) yield* probeReverse(wanted, found, context)
  return state
}

async function* probeSpelling(name: string, context: ProbeContext): Probe {
  const code = name.endsWith('.local')
    ? 'MOOR-NAME-004'
    : name.includes('.')
      ? undefined
      : 'MOOR-NAME-005'
  if (code === undefined) return 'ok'
  return yield* probing(context, `spelling:${name}`, `Looking at ${name}`, () =>
    doubtful(code, { name }),
  )
}

async function* probeReverse(
  { name, names, addresses }: NameToProbe,
  found: readonly string[],
  context: ProbeContext,
): Probe {
  const address = found.find((one) => isOwnAddress({ addresses }, one) && !isLoopback(one))
  if (address === undefined) return 'ok'
  const trying = `Looking up the name of ${address}`
  return yield* probing(context, `reverse:${address}`, trying, async () => {
    const back = await names.nameOf(address)
    if (back === undefined) return fine(`${address} has no reverse entry, which nothing here needs`)
    if (back === name) return fine(`${address} is called ${back}`)
    return doubtful('MOOR-NAME-008', { address, found: back, name })
  })
}

function probeAddressName({ name, addresses }: NameToProbe, context: ProbeContext): Probe {
  return probing(context, `name:${name}`, `Looking for ${name}`, () => {
    if (!isOwnAddress({ addresses }, name)) return wrong('MOOR-NET-007', { address: name })
    return doubtful(isIP(name) === 6 ? 'MOOR-NAME-007' : 'MOOR-NAME-006', { name })
  })
}

function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === '::1'
}
