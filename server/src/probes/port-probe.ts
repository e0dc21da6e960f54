import { once } from 'node:events'
import { createServer } from 'node:net'
import { findPortOwner } from './port-owner.ts'
import {
  codeOf,
  fine,
  inUrl,
  probing,
  reasonOf,
  wrong,
  type Outcome,
  type Probe,
  type ProbeContext,
} from './probe.ts'

export type Family = 'dual-stack' | 'IPv4' | 'IPv6'

export interface PortToProbe {
  readonly port: number
  /** One address, or all of the family. */
  readonly host: string | null
  readonly family: Family
  /** Ports that this very process holds and will give up. */
  readonly ownPorts: readonly number[]
}

/** Opens the port as the server would, and lets go of it again. */
export function probePort(wanted: PortToProbe, context: ProbeContext): Probe {
  const { port, host, family, ownPorts } = wanted
  const shown = host ?? (family === 'IPv4' ? '0.0.0.0' : '::')
  const where = `${inUrl(shown)}:${port}`
  return probing(context, `bind:${where}`, `Opening ${where}`, async () => {
    const facts = { port, host: shown }
    try {
      await bindOnce({ host: shown, port, ipv6Only: family === 'IPv6' && shown.includes(':') })
      return fine(`${where} can be opened`, facts)
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE' && ownPorts.includes(port)) {
        return fine(`${where} is held by this setup and will be free for the registry`, facts)
      }
      // A kernel without IPv6 has no `::`; two sockets do not help it either.
      if (isWithoutIPv6(error) && host === null && family === 'dual-stack') {
        return bindIPv4(port)
      }
      return explain(error, wanted, shown)
    }
  })
}

async function bindIPv4(port: number): Promise<Outcome> {
  await bindOnce({ host: '0.0.0.0', port, ipv6Only: false })
  return fine(`0.0.0.0:${port} can be opened; this system has no IPv6`, { port, host: '0.0.0.0' })
}

function isWithoutIPv6(error: unknown): boolean {
  return codeOf(error) === 'EAFNOSUPPORT'
}

export async function bindOnce(options: {
  readonly host: string
  readonly port: number
  readonly ipv6Only: boolean
}): Promise<void> {
  const server = createServer()
  server.listen(options)
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

async function explain(
  error: unknown,
  { port, ownPorts }: PortToProbe,
  host: string,
): Promise<Outcome> {
  switch (codeOf(error)) {
    case 'EADDRINUSE': {
      const owner = await findPortOwner(port)
      const program =
        owner === undefined ? 'another program' : `${owner.program} (process ${owner.processId})`
      const known = owner === undefined ? {} : { processId: owner.processId }
      return wrong('MOOR-NET-001', { port, host, program, own: ownPorts.includes(port), ...known })
    }
    case 'EACCES':
      return wrong('MOOR-NET-002', { port, host })
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return wrong('MOOR-NET-003', { port, host })
    default:
      return wrong('MOOR-NET-004', { port, host, reason: reasonOf(error) })
  }
}
