import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningServer } from '@mooring/server'
import type { Config } from '@mooring/server/config'
import type { FromServer } from './server-messages.ts'

export interface ServerReport {
  readonly config: Config
  readonly server: RunningServer
  readonly stopping: AbortSignal
  readonly send: (message: FromServer) => void
}

const everyMs = 1000

/** Tells the shell what it shows and pins, and tells it again whenever something of it changed. */
export async function reportServer(report: ServerReport): Promise<void> {
  const { server, stopping, send } = report
  let sent = ''
  let sentActivity = ''
  const tell = async () => {
    const running = await describe(report)
    const activity = { type: 'activity' as const, activity: server.traffic() }
    if (stopping.aborted) return
    if (JSON.stringify(running) !== sent) send(running)
    if (JSON.stringify(activity) !== sentActivity) send(activity)
    sent = JSON.stringify(running)
    sentActivity = JSON.stringify(activity)
  }
  await tell()
  if (stopping.aborted) return
  const timer = setInterval(() => {
    // A certificate that is being replaced can be half there; the next look finds it whole.
    tell().catch(() => undefined)
  }, everyMs)
  stopping.addEventListener('abort', () => {
    clearInterval(timer)
    send({ type: 'stopping' })
  })
}

async function describe({ config, server }: ServerReport): Promise<FromServer> {
  const { https, http } = server.urls
  const own = loopback(https ?? http, config.listen.family)
  const found = { type: 'running' as const, url: own, address: config.serverHostname }
  if (config.tls === undefined) {
    return { ...found, pin: { fingerprints: [], authorities: [] } }
  }
  const [own509] = certificatesIn(await readFile(config.tls.certificateFile, 'utf8'))
  const authorities = await readFile(join(config.configDir, 'ca.crt'), 'utf8').catch(() => '')
  return {
    ...found,
    pin: {
      fingerprints: own509 === undefined ? [] : [own509.fingerprint256],
      authorities: certificatesIn(authorities).map((one) => one.toString()),
    },
    ...(own509 === undefined ? {} : { certificateExpiresAt: own509.validToDate.getTime() }),
  }
}

/** The shell's window goes the shortest way, whatever name the registry has. */
function loopback(url: string, family: Config['listen']['family']): string {
  const address = new URL(url)
  const isEverywhere = ['0.0.0.0', '[::]', 'localhost'].includes(address.hostname)
  if (isEverywhere) address.hostname = family === 'IPv6' ? '[::1]' : '127.0.0.1'
  return address.origin
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}
