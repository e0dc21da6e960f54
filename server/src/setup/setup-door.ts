import type { RequestListener } from 'node:http'
import type { Config } from '../config/config.ts'
import { closeListener, listen, type Listener } from '../http/listen.ts'
import type { RunningServer } from '../start.ts'
import type { RegistryDoor } from './apply/task.ts'
import type { TemporaryCertificate } from './temporary-certificate.ts'

export interface SetupPorts {
  readonly host?: string
  readonly family: 'IPv4' | 'dual-stack'
  readonly httpsPort: number
  readonly httpPort: number
}

/** Who watches the list of tasks would hold a port for ever, and comes back by itself. */
const graceMs = 500

export type SetupDoor = Awaited<ReturnType<typeof openSetupDoor>>

/**
 * The ports: those of the setup, with its temporary certificate, until the registry takes over, and
 * again when it could not.
 */
export async function openSetupDoor({
  ports,
  certificate,
  handler,
  startRegistry,
}: {
  ports: SetupPorts
  certificate: TemporaryCertificate
  handler: RequestListener
  startRegistry: (config: Config) => Promise<RunningServer>
}) {
  let open: readonly Listener[] = []
  let registry: RunningServer | undefined
  // Ports that the system chose the first time stay.
  let { httpsPort, httpPort } = ports

  async function openPorts() {
    const https = await listen({
      title: 'the setup',
      setBy: '--port or MOORING_HTTPS_PORT',
      port: httpsPort,
      address: ports,
      tls: {
        cert: certificate.certificatePem,
        key: certificate.keyPem,
        minVersion: 'TLSv1.2',
        ALPNProtocols: ['http/1.1'],
      },
      handler,
    })
    try {
      // For this machine alone, and for whoever comes through a tunnel to it.
      const http = await listen({
        title: 'the setup on this machine',
        setBy: '--http-port or MOORING_HTTP_PORT',
        port: httpPort,
        address: { host: '127.0.0.1', family: 'IPv4' },
        handler,
      })
      open = [https, http]
      ;[httpsPort, httpPort] = open.map(({ url }) => Number(new URL(url).port)) as [number, number]
    } catch (error) {
      await closeListener(https, 0)
      throw error
    }
  }

  async function closePorts() {
    const closing = open
    open = []
    await Promise.all(closing.map((listener) => closeListener(listener, graceMs)))
  }

  async function stopRegistry() {
    const ending = registry
    registry = undefined
    await ending?.[Symbol.asyncDispose]()
  }

  await openPorts()
  const door: RegistryDoor = {
    running: () => registry,
    async start(config) {
      await closePorts()
      try {
        registry = await startRegistry(config)
        return registry
      } catch (error) {
        await openPorts()
        throw error
      }
    },
    async stop() {
      if (registry === undefined) return
      await stopRegistry()
      await openPorts()
    },
  }
  return {
    door,
    urls: () => ({ https: open[0]?.url, http: open[1]?.url }),
    ports: () => [httpsPort, httpPort],
    async [Symbol.asyncDispose]() {
      await closePorts()
      await stopRegistry()
    },
  }
}
