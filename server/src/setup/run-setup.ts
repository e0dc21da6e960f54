import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config, Environment } from '../config/config.ts'
import { firstPorts, type FirstStartFlags } from '../first-start/first-ports.ts'
import { hasIPv6 } from '../first-start/host-names.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { Overrides, RunningServer } from '../start.ts'
import { certificateRoutes } from './http/certificate-routes.ts'
import { adminRoutes } from './http/admin-routes.ts'
import { contentRoutes } from './http/content-routes.ts'
import { hostRoutes } from './http/host-routes.ts'
import { restoreRoutes } from './http/restore-routes.ts'
import { quayRoutes } from './http/quay-routes.ts'
import { createSetupApi } from './http/setup-api.ts'
import { createWebPages } from '../http/web-pages.ts'
import { createSetupHandler } from './http/setup-handler.ts'
import { systemMachine } from './machine.ts'
import { openSetup, registryStarter } from './open-setup.ts'
import { createRecoveryKits } from './recovery-kit.ts'
import { createCodeDesk, currentSetupCode } from './setup-code.ts'
import { openSetupDoor, type SetupDoor } from './setup-door.ts'
import { proposedPorts, withSetupPorts } from './setup-ports.ts'
import { createSetupSessions } from './setup-session.ts'
import { temporaryCertificate } from './temporary-certificate.ts'

/** What whoever started the setup needs to enter it. */
export interface OpenSetup {
  /** `https://localhost:8443` */
  readonly url: string
  /** The plain port, for this machine alone. */
  readonly localUrl: string
  /** `ABCD-EFGH-JKMN-PQRS` */
  readonly code: string
  readonly codeExpiresAt: number
  /** SHA-256 of the temporary certificate. */
  readonly fingerprint: string
}

export interface RunSetupInput {
  readonly dataDir: string
  readonly configDir: string
  readonly flags: FirstStartFlags & { readonly host?: string }
  readonly env: Environment
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly stopping: AbortController
  readonly isDesktop?: boolean
  /** What the registry is told that comes of it. */
  readonly registry?: Pick<Overrides, 'logRing' | 'restartedBy'>
  readonly onOpen: (setup: OpenSetup) => void | Promise<void>
  /** The setup is through, and this same process is the registry. */
  readonly onRunning: (config: Config, server: RunningServer) => void | Promise<void>
}

/**
 * Serves the setup of a data directory whose lock is held, then goes on as the registry that came
 * of it, until it shall end.
 */
export async function runSetup(input: RunSetupInput): Promise<void> {
  const { dataDir, configDir, env, clock, random, log, stopping } = input
  await using stack = new AsyncDisposableStack()
  const opened: { door?: SetupDoor } = {}
  let config: Config | undefined
  const requireDoor = () => {
    if (opened.door === undefined) throw new Error('the setup has no ports yet')
    return opened.door
  }
  const machine = systemMachine({
    ...{ dataDir, configDir },
    isDesktop: input.isDesktop ?? false,
    ownPorts: () => opened.door?.ports() ?? [],
    proposedPorts: proposedPorts(env),
  })
  const place = { dataDir, clock, random }
  const { service, apply, restore } = await openSetup(
    { machine, env, clock, random, log, stopping: stopping.signal },
    () => requireDoor().door,
  )
  const handler = createSetupHandler({
    pages: createWebPages(),
    registryAt: async () => {
      // Steps that are not filled in yet do not say where it will be.
      const view = await service.applyView().catch(() => undefined)
      return view === undefined ? undefined : URL.parse(view.address)?.origin
    },
    api: createSetupApi({
      ...{ service, apply, log },
      sessions: createSetupSessions(place),
      desk: createCodeDesk(place),
      more: {
        ...certificateRoutes({ service, machine, clock, random, log }),
        ...restoreRoutes(restore),
        ...quayRoutes(service),
        ...contentRoutes({
          ...{ service, clock, random, log },
          running: () => opened.door?.door.running(),
          stopping: stopping.signal,
        }),
        ...hostRoutes(machine),
        ...adminRoutes({
          kits: createRecoveryKits({ service, machine, clock, random }),
          ...{ service, random },
        }),
      },
      stopping: stopping.signal,
    }),
    phase: () => service.current().phase,
    readAuthority: () => readFile(path.join(configDir, 'ca.crt'), 'utf8').catch(() => undefined),
  })
  const start = registryStarter({
    ...{ clock, random, log },
    ...input.registry,
    around: handler.inFrontOf,
    shutDown: () => {
      stopping.abort()
    },
  })
  const certificate = await temporaryCertificate(machine.network, clock.now())
  const door = stack.use(
    await openSetupDoor({
      ports: setupPorts(input, hasIPv6(machine.network)),
      certificate,
      handler: handler.alone,
      startRegistry: (wanted) => {
        config = wanted
        return start(wanted)
      },
    }),
  )

  opened.door = door

  const { code, expiresAt } = await currentSetupCode(place)
  const { https = '', http = '' } = door.urls()
  log.info({ url: https }, 'setup open')
  await input.onOpen({
    ...{ url: https, localUrl: http, code },
    codeExpiresAt: expiresAt,
    fingerprint: certificate.sha256Fingerprint,
  })

  const finished = untilFinished(service, stopping.signal)
  void apply.resume()
  restore.resume()
  if (await finished) {
    const server = door.door.running()
    if (server !== undefined && config !== undefined) await input.onRunning(config, server)
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
  }
  await apply.settled()
  await restore.settled()
}

async function untilFinished(
  service: Awaited<ReturnType<typeof openSetup>>['service'],
  stopping: AbortSignal,
): Promise<boolean> {
  const ended = new AbortController()
  const unwatch = service.watch(() => {
    if (service.current().phase === 'finished') ended.abort()
  })
  const either = AbortSignal.any([ended.signal, stopping])
  if (!either.aborted) await once(either, 'abort')
  unwatch()
  return service.current().phase === 'finished'
}

function setupPorts({ flags, env: given }: RunSetupInput, ipv6: boolean) {
  const env = withSetupPorts(given)
  // Checks what was given; says which of them is no port.
  firstPorts(flags, env)
  const chosen = (flag: string | number | undefined, key: string, usual: number) =>
    Number(flag ?? (env[key] === '' ? undefined : env[key]) ?? usual)
  const host = flags.host ?? env['MOORING_LISTEN_HOST']
  return {
    ...(host !== undefined && host !== '' && { host }),
    family: host !== undefined || ipv6 ? ('dual-stack' as const) : ('IPv4' as const),
    httpsPort: chosen(flags.port, 'MOORING_HTTPS_PORT', 8443),
    httpPort: chosen(flags.httpPort, 'MOORING_HTTP_PORT', 8080),
  }
}
