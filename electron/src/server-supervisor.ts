import type { CertificatePin } from './certificate-pin.ts'
import type { Platform } from './platform.ts'
import { createRestartPlan } from './restart-plan.ts'
import { FromServer, type Activity } from './server-messages.ts'
import type { ServerChild } from './shell.ts'

export type ServerState =
  | { readonly kind: 'stopped' | 'starting' | 'stopping' }
  | {
      readonly kind: 'setup'
      readonly url: string
      readonly code: string
      readonly pin: CertificatePin
    }
  | {
      readonly kind: 'running'
      readonly url: string
      readonly address: string
      readonly pin: CertificatePin
      readonly certificateExpiresAt: number | undefined
    }
  /** Ended by itself; starts again after a while. */
  | { readonly kind: 'waiting'; readonly reason: string }

export interface ServerSupervisor {
  state(): ServerState
  activity(): Activity
  /** At the start of the program. */
  watch(): void
  start(): void
  /** Drains requests under way; a server that takes too long is ended. */
  stop(): Promise<void>
  restart(): Promise<void>
  /** This program ends, and what it runs ends with it. */
  end(): Promise<void>
}

export interface SupervisorInput {
  readonly fork: () => ServerChild
  readonly platform: Platform
  readonly log: (text: string) => void
  readonly onChange: (state: ServerState) => void
  readonly onActivity: (activity: Activity) => void
  /** It failed so often that somebody should look; called with the reason. */
  readonly onHelpNeeded: (reason: string) => void
}

/** The server itself gives requests 25 s. */
const drainMs = 30_000
const idle: Activity = { uploads: 0, downloads: 0 }

/** Starts the server's process, watches it, starts it again when it dies. */
export function createServerSupervisor(input: SupervisorInput): ServerSupervisor {
  const { fork, platform, log, onChange, onActivity, onHelpNeeded } = input
  const plan = createRestartPlan()
  let state: ServerState = { kind: 'stopped' }
  let activity = idle
  let child: ServerChild | undefined
  let ended: Promise<void> = Promise.resolve()
  let cancelRestart = () => {}

  const become = (next: ServerState) => {
    state = next
    onChange(next)
  }
  const report = (next: Activity) => {
    activity = next
    onActivity(next)
  }

  const launch = () => {
    cancelRestart()
    become({ kind: 'starting' })
    const own = fork()
    child = own
    let reason: string | undefined
    own.on('log', log)
    own.on('message', (raw) => {
      if (child !== own) return
      const { success, data: message } = FromServer.safeParse(raw)
      if (!success) log('the shell dropped a message of the server that it does not understand\n')
      else if (message.type === 'failed') reason = message.message
      else if (message.type === 'activity') report(message.activity)
      else if (state.kind !== 'stopping') become(stateOf(message))
    })
    ended = new Promise((resolve) => {
      own.on('exit', (code) => {
        if (child !== own) return
        child = undefined
        report(idle)
        resolve()
        exited(code, reason)
      })
    })
  }

  const exited = (code: number | undefined, reason: string | undefined) => {
    if (state.kind === 'stopping') {
      become({ kind: 'stopped' })
      return
    }
    const why = reason ?? `the server ended with ${code === undefined ? 'a signal' : code}`
    log(`${why}\n`)
    // A server that was asked to end through its API ends well, and is meant to come back.
    const wasRunning = state.kind === 'running' || state.kind === 'setup'
    if (code === 0 && wasRunning) {
      cancelRestart = platform.after(1000, launch)
      become({ kind: 'waiting', reason: why })
      return
    }
    const { delayMs, askForHelp } = plan.afterFailure(platform.now())
    cancelRestart = platform.after(delayMs, launch)
    become({ kind: 'waiting', reason: why })
    if (askForHelp) onHelpNeeded(why)
  }

  const stop = async () => {
    cancelRestart()
    const own = child
    if (own === undefined) {
      if (state.kind !== 'stopped') become({ kind: 'stopped' })
      return
    }
    if (state.kind === 'stopping') return ended
    become({ kind: 'stopping' })
    own.send({ type: 'stop' })
    const cancelKill = platform.after(drainMs, () => {
      own.kill()
    })
    await ended
    cancelKill()
  }

  const start = () => {
    if (child === undefined) launch()
  }

  return {
    state: () => state,
    activity: () => activity,
    watch: start,
    start,
    stop,
    end: stop,
    async restart() {
      await stop()
      plan.forget()
      launch()
    },
  }
}

function stateOf(message: Exclude<FromServer, { type: 'failed' | 'activity' }>): ServerState {
  switch (message.type) {
    case 'setup':
      return {
        kind: 'setup',
        url: message.url,
        code: message.code,
        pin: { fingerprints: [message.fingerprint], authorities: [] },
      }
    case 'running':
      return {
        kind: 'running',
        url: message.url,
        address: message.address,
        pin: message.pin,
        certificateExpiresAt: message.certificateExpiresAt,
      }
    case 'starting':
    case 'stopping':
      return { kind: message.type }
  }
}
