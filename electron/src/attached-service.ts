import { z } from 'zod'
import type { Platform } from './platform.ts'
import type { ServerState, ServerSupervisor } from './server-supervisor.ts'
import { serviceCall, type RunProgram } from './service-commands.ts'
import type { AttachedService } from './settings.ts'

const Status = z.object({ isRunning: z.boolean(), health: z.string(), state: z.string() })

const lookEveryMs = 30_000

/** The registry as a service: it is looked at and told what to do, and outlives this program. */
export function createAttachedService({
  service,
  platform,
  run,
  log,
  onChange,
}: {
  readonly service: AttachedService
  readonly platform: Platform
  readonly run: RunProgram
  readonly log: (text: string) => void
  readonly onChange: (state: ServerState) => void
}): ServerSupervisor {
  const { program, url, address, pin } = service
  let state: ServerState = { kind: 'starting' }
  let cancelLook = () => {}
  let hasEnded = false

  const become = (next: ServerState) => {
    if (hasEnded || JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    onChange(next)
  }

  const look = async () => {
    cancelLook()
    const { output } = await run(serviceCall(program, 'status'))
    become(stateOf(output))
    if (!hasEnded) cancelLook = platform.after(lookEveryMs, () => void look())
  }

  const stateOf = (output: string): ServerState => {
    const { success, data } = Status.safeParse(jsonOf(output))
    if (!success) return { kind: 'waiting', reason: output }
    if (!data.isRunning) return { kind: 'stopped' }
    if (data.health !== 'healthy') return { kind: 'waiting', reason: data.health }
    return { kind: 'running', url, address, pin, certificateExpiresAt: undefined }
  }

  const tell = async (action: 'start' | 'stop' | 'restart') => {
    become({ kind: action === 'stop' ? 'stopping' : 'starting' })
    const { succeeded, output } = await run(serviceCall(program, action))
    if (!succeeded) log(`${output}\n`)
    await look()
  }

  return {
    state: () => state,
    activity: () => ({ uploads: 0, downloads: 0 }),
    watch: () => void look(),
    start: () => void tell('start'),
    stop: () => tell('stop'),
    restart: () => tell('restart'),
    end() {
      hasEnded = true
      cancelLook()
      return Promise.resolve()
    },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
