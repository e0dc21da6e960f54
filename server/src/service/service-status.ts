import { checkHealth } from './health-check.ts'
import { ServiceError } from './service-codes.ts'
import { command, processLog, readEnvironment, runningProcess } from './service-host.ts'
import type { ServicePlan } from './service-plan.ts'
import { systemctl, unitOf } from './service-steps.ts'

export interface ServiceStatus {
  /** In the words of whoever supervises it. */
  readonly state: string
  readonly isRunning: boolean
  readonly health: string
  readonly log: string
}

export async function statusOf(plan: ServicePlan): Promise<ServiceStatus> {
  const state = await stateOf(plan)
  return { ...state, health: await healthOf(plan), log: logOf(plan) }
}

async function stateOf(plan: ServicePlan): Promise<{ state: string; isRunning: boolean }> {
  switch (plan.supervisor) {
    case 'systemd': {
      const properties = ['--property=ActiveState,SubState,StatusText,NRestarts']
      const [program, ...args] = systemctl(plan, 'show', ...properties, unitOf(plan))
      const { stdout } = await command(program, ...args)
      const values = new Map(stdout.split('\n').map((line) => cut(line)))
      const state = `${values.get('ActiveState') ?? 'unknown'} (${values.get('SubState') ?? ''})`
      return { state, isRunning: values.get('ActiveState') === 'active' }
    }
    case 'podman': {
      const inspect = ['inspect', '--format', '{{.State.Status}}', plan.name]
      const state = await command('podman', ...inspect).then(
        ({ stdout }) => stdout.trim(),
        () => 'no container',
      )
      return { state, isRunning: state === 'running' }
    }
    case 'process': {
      const pid = await runningProcess(plan.dataDir)
      return pid === undefined
        ? { state: 'stopped', isRunning: false }
        : { state: `process ${pid}`, isRunning: true }
    }
  }
}

async function healthOf(plan: ServicePlan): Promise<string> {
  try {
    if (plan.form === 'container') await command('podman', 'exec', plan.name, 'mooring', 'health')
    else await checkHealth({ ...plan, env: await readEnvironment(plan.places) })
    return 'healthy'
  } catch (error) {
    if (error instanceof ServiceError) return error.message
    throw error
  }
}

function logOf(plan: ServicePlan): string {
  switch (plan.supervisor) {
    case 'systemd':
      return `journalctl ${plan.scope === 'user' ? '--user ' : ''}-u ${plan.name}`
    case 'podman':
      return `podman logs ${plan.name}`
    case 'process':
      return processLog(plan.dataDir)
  }
}

function cut(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
