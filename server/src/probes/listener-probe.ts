import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { openConnection, openTls, requestOver } from './connections.ts'
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

export interface ListenerToProbe {
  readonly address: string
  readonly port: number
  /** PEM of the certificate that should be shown; absent: the port speaks plain HTTP. */
  readonly certificate?: string
  readonly certificateFile: string
}

/** Whether the running server answers at an address, with its current certificate. */
export function probeListener(wanted: ListenerToProbe, context: ProbeContext): Probe {
  const { address, port, certificate } = wanted
  const scheme = certificate === undefined ? 'http' : 'https'
  const url = `${scheme}://${inUrl(address)}:${port}`
  return probing(context, `listener:${url}`, `Asking ${url}`, async () => {
    try {
      return await ask(wanted, url, context.signal)
    } catch (error) {
      return wrong('MOOR-NET-050', { url, reason: reasonOf(error) })
    }
  })
}

async function ask(wanted: ListenerToProbe, url: string, signal: AbortSignal): Promise<Outcome> {
  const { address, port, certificate, certificateFile } = wanted
  let socket: Socket = await openConnection({ host: address, port }, { signal })
  let isCurrent = true
  if (certificate !== undefined) {
    // Who it is shows the fingerprint; what clients think of it is another check.
    const secure = await openTls(socket, address, {}, signal)
    const shown = secure.getPeerCertificate().fingerprint256
    isCurrent = shown === new X509Certificate(certificate).fingerprint256
    socket = secure
  }
  const answer = await requestOver(socket, { url: new URL('/health/instance', url), signal })
  if (answer.status !== 200) {
    return wrong('MOOR-NET-051', { url, parts: partsOf(answer.body, answer.status) })
  }
  if (!isCurrent) return doubtful('MOOR-TLS-204', { host: url, path: certificateFile })
  return fine(`${url} answers`, { url })
}

function partsOf(body: string, status: number): string {
  const parts = [...body.matchAll(/"(\w+)"\s*:\s*false/g)].map(([, name = '']) => name)
  return parts.length > 0 ? parts.join(', ') : `it answered ${status}`
}
