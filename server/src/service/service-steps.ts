import path from 'node:path'
import { podmanRun, quadlet } from './podman-container.ts'
import {
  containerEnvironmentFile,
  containerUser,
  environmentFile,
  type ServicePlan,
} from './service-plan.ts'
import { recordOf } from './service-record.ts'
import { systemdUnit } from './systemd-unit.ts'

/** One thing that installing or removing a service does to the machine. */
export type Step =
  | { readonly kind: 'account'; readonly name: string; readonly home: string }
  | {
      readonly kind: 'folder'
      readonly path: string
      readonly mode: number
      readonly owner?: string
    }
  | {
      readonly kind: 'write'
      readonly file: string
      readonly mode: number
      readonly content: string
      /** What a person may have changed since stays as it is. */
      readonly keep?: boolean
    }
  | { readonly kind: 'remove'; readonly file: string }
  | {
      readonly kind: 'run'
      readonly command: readonly [program: string, ...args: string[]]
      /** A failure is told and is no reason to stop. */
      readonly optional?: boolean
    }
  /** Starts, or ends, the server as a process of its own: nobody watches over it. */
  | { readonly kind: 'spawn' | 'end'; readonly plan: ServicePlan & { form: 'program' } }

export interface InstallOptions {
  readonly start: boolean
}

/** What `mooring service install` does, in order; the same again is an upgrade. */
export function installSteps(plan: ServicePlan, { start }: InstallOptions): readonly Step[] {
  return [
    ...accountSteps(plan),
    ...folderSteps(plan),
    ...fileSteps(plan),
    ...(start ? startSteps(plan, true) : enableSteps(plan)),
  ]
}

/** Leaves data, configuration and settings where they are. */
export function uninstallSteps(plan: ServicePlan): readonly Step[] {
  const { recordFile, unitFile, quadletFile } = plan.places
  const forget: Step = { kind: 'remove', file: recordFile }
  if (plan.supervisor === 'process') return [...stopSteps(plan), forget]
  if (plan.supervisor === 'podman') {
    const remove: Step = { kind: 'run', command: ['podman', 'rm', '--force', plan.name] }
    return [...stopSteps(plan), { ...remove, optional: true }, forget]
  }
  const disable: readonly Step[] =
    plan.form === 'program'
      ? [
          {
            kind: 'run',
            command: systemctl(plan, 'disable', '--now', unitOf(plan)),
            optional: true,
          },
        ]
      : stopSteps(plan)
  return [
    ...disable,
    { kind: 'remove', file: plan.form === 'program' ? unitFile : quadletFile },
    { kind: 'run', command: systemctl(plan, 'daemon-reload'), optional: true },
    forget,
  ]
}

export function startSteps(plan: ServicePlan, anew = false): readonly Step[] {
  switch (plan.supervisor) {
    case 'systemd':
      return [
        ...enableSteps(plan),
        { kind: 'run', command: systemctl(plan, anew ? 'restart' : 'start', unitOf(plan)) },
      ]
    case 'podman':
      return plan.form === 'container'
        ? [
            {
              kind: 'run',
              command: ['podman', 'rm', '--force', '--ignore', '--time=60', plan.name],
            },
            { kind: 'run', command: ['podman', ...podmanRun(plan)] },
          ]
        : []
    case 'process':
      if (plan.form !== 'program') return []
      return anew
        ? [
            { kind: 'end', plan },
            { kind: 'spawn', plan },
          ]
        : [{ kind: 'spawn', plan }]
  }
}

export function stopSteps(plan: ServicePlan): readonly Step[] {
  switch (plan.supervisor) {
    case 'systemd':
      return [{ kind: 'run', command: systemctl(plan, 'stop', unitOf(plan)), optional: true }]
    case 'podman':
      return [{ kind: 'run', command: ['podman', 'stop', '--time=60', plan.name], optional: true }]
    case 'process':
      return plan.form === 'program' ? [{ kind: 'end', plan }] : []
  }
}

export function unitOf({ name }: ServicePlan): string {
  return `${name}.service`
}

export function systemctl(plan: ServicePlan, ...args: string[]): [string, ...string[]] {
  return ['systemctl', ...(plan.scope === 'user' ? ['--user'] : []), ...args]
}

function accountSteps(plan: ServicePlan): readonly Step[] {
  const needed = plan.scope === 'system' && plan.form === 'program'
  return needed ? [{ kind: 'account', name: plan.name, home: plan.dataDir }] : []
}

/** Modes are set as they stand here, whatever the umask. */
function folderSteps(plan: ServicePlan): readonly Step[] {
  const folder = (target: string, mode: number, owner?: string): Step => ({
    kind: 'folder',
    path: target,
    mode,
    ...(owner === undefined ? {} : { owner }),
  })
  const isSystem = plan.scope === 'system'
  const dirs = [plan.dataDir, plan.configDir]
  if (plan.form === 'container') {
    // Parents first, which others may pass through but not read.
    const parents = [...new Set(dirs.map((dir) => path.dirname(dir)))]
    return [
      ...parents.map((dir) => folder(dir, 0o755)),
      ...dirs.map((dir) => folder(dir, 0o770, isSystem ? `${containerUser}:0` : undefined)),
    ]
  }
  const owner = isSystem ? `${plan.name}:${plan.name}` : undefined
  return dirs.map((dir) => folder(dir, 0o700, owner))
}

function fileSteps(plan: ServicePlan): readonly Step[] {
  const { places } = plan
  const parents = [
    ...new Set([places.environmentFile, places.recordFile].map((file) => path.dirname(file))),
  ]
  const isPodman = plan.form === 'container'
  const settings = isPodman
    ? containerEnvironmentFile(plan.environment)
    : environmentFile({
        MOORING_DATA_DIR: plan.dataDir,
        MOORING_CONFIG_DIR: plan.configDir,
        ...plan.environment,
      })
  return [
    ...parents.map((dir): Step => ({ kind: 'folder', path: dir, mode: 0o755 })),
    { kind: 'write', file: places.environmentFile, mode: 0o600, content: settings, keep: true },
    ...unitSteps(plan),
    {
      kind: 'write',
      file: places.recordFile,
      mode: 0o644,
      content: recordOf(plan),
    },
  ]
}

function unitSteps(plan: ServicePlan): readonly Step[] {
  if (plan.supervisor !== 'systemd') return []
  const [file, content] =
    plan.form === 'program'
      ? [plan.places.unitFile, systemdUnit(plan)]
      : [plan.places.quadletFile, quadlet(plan)]
  return [
    { kind: 'folder', path: path.dirname(file), mode: 0o755 },
    { kind: 'write', file, mode: 0o644, content },
    { kind: 'run', command: systemctl(plan, 'daemon-reload') },
  ]
}

function enableSteps(plan: ServicePlan): readonly Step[] {
  if (plan.supervisor !== 'systemd') return []
  // Quadlet enables by [Install] itself. A user's services start with the machine when it lingers.
  return [
    ...(plan.form === 'program'
      ? [{ kind: 'run' as const, command: systemctl(plan, 'enable', unitOf(plan)) }]
      : []),
    ...(plan.scope === 'user'
      ? [
          {
            kind: 'run' as const,
            command: ['loginctl', 'enable-linger'] as [string, ...string[]],
            optional: true,
          },
        ]
      : []),
  ]
}
