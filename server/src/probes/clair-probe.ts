import type { Clock } from '../platform/clock.ts'
import {
  hostOfUrl,
  openConnection,
  openTls,
  portOfUrl,
  requestOver,
  whyNotTrusted,
} from './connections.ts'
import {
  doubtful,
  fine,
  probing,
  reasonOf,
  wrong,
  type Outcome,
  type Probe,
  type ProbeContext,
} from './probe.ts'

export interface ClairToProbe {
  readonly url: string
  /** Base64, as in the configuration of Clair. */
  readonly psk: string
  readonly ca: readonly string[]
  /** Authorities that this process trusts, PEM. */
  readonly trusted: readonly string[]
  readonly proxy: URL | undefined
}

const tokenLifeSeconds = 300
const oldDays = 7
const dayMs = 86_400_000

/** Whether Clair is there, takes our key and has something to compare images with. */
export async function* probeClair(wanted: ClairToProbe, context: ProbeContext): Probe {
  const { url, psk } = wanted
  const reached = yield* probing(context, 'clair:reach', `Asking Clair at ${url}`, async () => {
    if (keyOf(psk) === undefined) return wrong('MOOR-NET-042')
    try {
      const answer = await ask(wanted, '/indexer/api/v1/index_state', context)
      return judgeIndexer(url, answer)
    } catch (error) {
      return wrong('MOOR-NET-040', { url, reason: reasonOf(error) })
    }
  })
  if (reached === 'failed') return reached
  return yield* probing(context, 'clair:data', 'Looking at the vulnerability data', async () => {
    try {
      const path = '/matcher/api/v1/internal/update_operation?latest=true&kind=vulnerability'
      return judgeData(await ask(wanted, path, context), context.clock)
    } catch (error) {
      return wrong('MOOR-NET-040', { url, reason: reasonOf(error) })
    }
  })
}

function judgeIndexer(url: string, { status, body }: { status: number; body: string }): Outcome {
  if (status === 401 || status === 403) return wrong('MOOR-NET-041', { url })
  const state = status === 200 ? valueOf(body, 'state') : undefined
  if (typeof state !== 'string') {
    return wrong('MOOR-NET-043', {
      url,
      reason: `it answered ${status} to a question of the indexer`,
    })
  }
  return fine('Clair answers and accepts the key', { url, state })
}

/** Updaters by name, each with its operations, the newest first. */
function judgeData({ status, body }: { status: number; body: string }, clock: Clock): Outcome {
  if (status === 401 || status === 403) return wrong('MOOR-NET-041')
  if (status !== 200) return fine('This Clair does not say how old its vulnerability data is')
  const dates = [...body.matchAll(/"date"\s*:\s*"([^"]+)"/g)]
    .map(([, date = '']) => Date.parse(date))
    .filter((at) => !Number.isNaN(at))
  if (dates.length === 0) return doubtful('MOOR-NET-045')
  const newest = Math.max(...dates)
  const days = Math.floor((clock.now() - newest) / dayMs)
  const facts = { days: oldDays, newest: new Date(newest).toISOString() }
  if (days >= oldDays) return doubtful('MOOR-NET-044', facts)
  return fine(`The vulnerability data is of ${facts.newest}`, facts)
}

async function ask(wanted: ClairToProbe, path: string, { clock, signal }: ProbeContext) {
  const base = new URL(wanted.url)
  const url = new URL(base.pathname.replace(/\/+$/, '') + path, base)
  const host = hostOfUrl(url)
  const { proxy } = wanted
  let socket = await openConnection({ host, port: portOfUrl(url) }, { proxy, signal })
  if (url.protocol === 'https:') {
    const ca = [...wanted.trusted, ...wanted.ca]
    const secure = await openTls(socket, host, { ca }, signal)
    const why = whyNotTrusted(secure, host)
    if (why !== undefined) {
      secure.destroy()
      throw new Error(why)
    }
    socket = secure
  }
  const headers = { authorization: `Bearer ${await sign(wanted.psk, clock)}` }
  return requestOver(socket, { url, headers, signal })
}

/** As Clair's PSK authentication wants it: HS256, issued by "quay". */
async function sign(psk: string, clock: Clock): Promise<string> {
  const { SignJWT } = await import('jose')
  const now = Math.floor(clock.now() / 1000)
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('quay')
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + tokenLifeSeconds)
    .sign(keyOf(psk) ?? new Uint8Array())
}

function keyOf(psk: string): Uint8Array | undefined {
  const text = psk.trim()
  const isBase64 = text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
  return isBase64 ? new Uint8Array(Buffer.from(text, 'base64')) : undefined
}

function valueOf(body: string, name: string): unknown {
  try {
    return (JSON.parse(body) as Readonly<Record<string, unknown>>)[name]
  } catch {
    return undefined
  }
}
