import type { LookupFunction } from 'node:net'
import { LRUCache } from 'lru-cache'

/** Whether a URL may be called, and at which addresses; none where its name is not known. */
export type CheckDestination = (
  url: string,
) => Promise<
  | { readonly kind: 'allowed'; readonly addresses: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string }
>

/** A host that nobody may make us call. */
export class RefusedDestination extends Error {
  override readonly name = 'RefusedDestination'
}

export type Destinations = ReturnType<typeof createDestinations>

const rememberedMs = 10_000

/**
 * Where connections may go. Judging a name and looking it up are one act, so that what was judged is
 * what is called.
 */
export function createDestinations({ check }: { check: CheckDestination }) {
  const judgements = new LRUCache<string, ReturnType<CheckDestination>>({
    max: 1000,
    ttl: rememberedMs,
  })

  /** @param host as it stands in a URL, an IPv6 address in brackets. */
  async function judge(host: string): Promise<readonly string[]> {
    let judgement = judgements.get(host)
    if (judgement === undefined) {
      judgement = check(`https://${host}/`)
      judgements.set(host, judgement)
    }
    const judged = await judgement
    if (judged.kind === 'refused') throw new RefusedDestination(host)
    if (judged.addresses.length === 0) judgements.delete(host)
    return judged.addresses
  }

  const lookup: LookupFunction = (host, options, done) => {
    judge(host).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: familyOf(address) }))
        const wanted = Number(options.family ?? 0)
        const fitting = wanted === 0 ? found : found.filter(({ family }) => family === wanted)
        const [first] = fitting
        if (first === undefined) done(nameUnknown(host), '')
        else if (options.all === true) done(null, fitting)
        else done(null, first.address, first.family)
      },
      (error: unknown) => {
        done(error instanceof Error ? error : new Error(String(error)), '')
      },
    )
  }

  return { judge, lookup }
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

function nameUnknown(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' })
}
