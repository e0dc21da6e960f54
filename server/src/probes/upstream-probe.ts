import { X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate } from 'node:tls'
import { hostOfUrl, openConnection, openTls, portOfUrl, whyNotTrusted } from './connections.ts'
import type { NameLookup } from './name-probe.ts'
import {
  doubtful,
  fine,
  inUrl,
  probing,
  reasonOf,
  wrong,
  type Outcome,
  type Probe,
  type ProbeContext,
} from './probe.ts'
import { signInUpstream, type UpstreamDoor } from './upstream-session.ts'

export interface UpstreamToProbe {
  /** Of the card, for the ids of the lines. */
  readonly name: string
  readonly url: string
  readonly username: string
  readonly password: string | null
  readonly proxy: URL | undefined
  /** PEM, beside those that this process trusts. */
  readonly ca: readonly string[]
  readonly trusted: readonly string[]
  readonly verifyTls: boolean
  /** An image to look for: `library/busybox:latest`. */
  readonly sample: string | undefined
  readonly names: NameLookup
}

/** The way to another registry, from its name to a manifest. */
export async function* probeUpstream(wanted: UpstreamToProbe, context: ProbeContext): Probe {
  const url = registryUrl(wanted.url)
  const target = { host: hostOfUrl(url), port: portOfUrl(url) }
  const line = (what: string, trying: string, work: () => Promise<Outcome>) =>
    probing(context, `upstream:${wanted.name}:${what}`, trying, work)

  if (wanted.proxy === undefined) {
    const known = yield* line('name', `Looking up ${target.host}`, () =>
      lookUp(wanted, target.host),
    )
    if (known === 'failed') return known
  }
  const open = yield* line('connect', `Connecting to ${target.host}`, async () => {
    const through = wanted.proxy === undefined ? '' : ` through ${wanted.proxy.host}`
    try {
      const socket = await openConnection(target, { proxy: wanted.proxy, signal: context.signal })
      socket.destroy()
      return fine(`${inUrl(target.host)}:${target.port} answers${through}`)
    } catch (error) {
      return wrong('MOOR-NET-021', { ...target, reason: reasonOf(error) })
    }
  })
  if (open === 'failed') return open
  const secure = yield* line('tls', `Speaking TLS with ${target.host}`, () =>
    judgeTls(wanted, url, context.signal),
  )
  if (secure === 'failed') return secure
  return yield* signInUpstream(doorOf(wanted, url, context), line)
}

function registryUrl(text: string): URL {
  const url = new URL(text)
  // What people write is not where Docker Hub answers.
  if (/^(?:www\.|index\.)?docker\.(?:io|com)$|^hub\.docker\.com$/.test(url.hostname)) {
    return new URL('https://registry-1.docker.io/')
  }
  return url
}

function doorOf(wanted: UpstreamToProbe, url: URL, { signal }: ProbeContext): UpstreamDoor {
  return {
    url,
    username: wanted.username,
    password: wanted.password,
    sample: wanted.sample,
    signal,
    /** Also to the host that gives out the tokens, by the same rules. */
    async open(to) {
      const target = { host: hostOfUrl(to), port: portOfUrl(to) }
      const socket = await openConnection(target, { proxy: wanted.proxy, signal })
      if (to.protocol !== 'https:') return socket
      const ca = [...wanted.trusted, ...wanted.ca]
      const secure = await openTls(socket, target.host, { ca }, signal)
      const why = wanted.verifyTls ? whyNotTrusted(secure, target.host) : undefined
      if (why === undefined) return secure
      secure.destroy()
      throw new Error(`${target.host}: ${why}`)
    },
  }
}

async function lookUp({ names }: UpstreamToProbe, host: string): Promise<Outcome> {
  try {
    const found = await names.addressesOf(host)
    const list = found.map((one) => `${one.includes(':') ? 'AAAA' : 'A'} ${one}`).join(', ')
    return fine(`${host} is ${list}`, { host, addresses: found.join(', ') })
  } catch (error) {
    return wrong('MOOR-NET-020', { host, reason: reasonOf(error) })
  }
}

async function judgeTls(
  { proxy, ca, trusted, verifyTls }: UpstreamToProbe,
  url: URL,
  signal: AbortSignal,
): Promise<Outcome> {
  const host = hostOfUrl(url)
  if (url.protocol !== 'https:') return doubtful('MOOR-NET-030', { host })
  try {
    const socket = await openConnection({ host, port: portOfUrl(url) }, { proxy, signal })
    const secure = await openTls(socket, host, { ca: [...trusted, ...ca] }, signal)
    const chain = chainOf(secure.getPeerCertificate(true))
    const reason = whyNotTrusted(secure, host)
    const isKnown = secure.authorized
    secure.destroy()
    const last = chain.at(-1)
    const facts = {
      host,
      chain: chain.map(({ subject }) => oneLine(subject)).join(' ← '),
      issuer: oneLine(last?.issuer ?? ''),
      fingerprint: last?.fingerprint256 ?? '',
      // What can be trusted as it is: the end of the chain, where the server sent it.
      ...(last?.ca === true && last.checkIssued(last) && { authority: last.toString() }),
    }
    if (!verifyTls) return doubtful('MOOR-NET-030', facts)
    if (reason === undefined) return fine(`The certificate is trusted: ${facts.chain}`, facts)
    return wrong(isKnown ? 'MOOR-NET-023' : 'MOOR-NET-022', { ...facts, reason })
  } catch (error) {
    return wrong('MOOR-NET-023', { host, reason: reasonOf(error) })
  }
}

/** From the server's own up; Node ends it with an issuer that is its own. */
function chainOf(first: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  for (let one = first; !seen.has(one.fingerprint256); one = one.issuerCertificate) {
    seen.add(one.fingerprint256)
    chain.push(new X509Certificate(one.raw))
    // Node leaves it out where the chain breaks off.
    if ((one.issuerCertificate as DetailedPeerCertificate | undefined) === undefined) break
  }
  return chain
}

function oneLine(name: string): string {
  return name.split('\n').toReversed().join(', ')
}
