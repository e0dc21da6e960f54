import {
  containerPaths,
  containerPorts,
  containerUser,
  requireUnitPath,
  wordOf,
  type ContainerPlan,
} from './service-plan.ts'
import { render, unitSection } from './systemd-unit.ts'

const health = {
  command: '["mooring", "health"]',
  interval: '30s',
  timeout: '20s',
  retries: '5',
  startPeriod: '60s',
} as const

const memory = '/tmp:rw,size=512m,mode=1777'

/** The Quadlet file from which systemd makes the unit of the container. */
export function quadlet(plan: ContainerPlan): string {
  const isSystem = plan.scope === 'system'
  const paths = [plan.configDir, plan.dataDir].map(requireUnitPath)
  return render([
    ['Unit', unitSection(plan.mode, paths, isSystem)],
    [
      'Container',
      [
        ['Image', plan.image],
        ['Pull', 'never'],
        ['ContainerName', plan.name],
        ['Exec', wordOf(plan)],
        ['EnvironmentFile', requireUnitPath(plan.places.environmentFile)],
        ...published(plan).map((ports) => ['PublishPort', ports] as const),
        ...volumes(plan).map((volume) => ['Volume', volume] as const),
        ...(isSystem ? [] : ([['UserNS', ownUser]] as const)),
        ['ReadOnly', 'true'],
        ['Tmpfs', memory],
        ['NoNewPrivileges', 'true'],
        ['DropCapability', 'all'],
        ['StopTimeout', '60'],
        ['HealthCmd', health.command],
        ['HealthInterval', health.interval],
        ['HealthTimeout', health.timeout],
        ['HealthRetries', health.retries],
        ['HealthStartPeriod', health.startPeriod],
        // The watchdog of a container: systemd starts what was killed again.
        ['HealthOnFailure', 'kill'],
      ],
    ],
    [
      'Service',
      [
        ['Restart', 'always'],
        ['RestartSec', '2'],
        ['TimeoutStartSec', '900'],
      ],
    ],
    ['Install', [['WantedBy', isSystem ? 'multi-user.target' : 'default.target']]],
  ])
}

/** The same container without systemd: arguments of podman. */
export function podmanRun(plan: ContainerPlan): readonly string[] {
  return [
    'run',
    '--detach',
    '--pull=never',
    '--restart=always',
    `--name=${plan.name}`,
    `--env-file=${plan.places.environmentFile}`,
    ...published(plan).map((ports) => `--publish=${ports}`),
    ...volumes(plan).map((volume) => `--volume=${volume}`),
    ...(plan.scope === 'system' ? [] : [`--userns=${ownUser}`]),
    '--read-only',
    `--tmpfs=${memory}`,
    '--security-opt=no-new-privileges',
    '--cap-drop=all',
    '--stop-timeout=60',
    `--health-cmd=${health.command}`,
    `--health-interval=${health.interval}`,
    `--health-timeout=${health.timeout}`,
    `--health-retries=${health.retries}`,
    `--health-start-period=${health.startPeriod}`,
    plan.image,
    wordOf(plan),
  ]
}

/** Without root the files belong to the account that runs podman. */
const ownUser = `keep-id:uid=${containerUser},gid=${containerUser}`

function published({ mode, ports }: ContainerPlan): readonly string[] {
  const registry = [
    `${ports.https}:${containerPorts.https}`,
    `${ports.http}:${containerPorts.http}`,
  ] as const
  return [
    ...(mode === 'registry' ? registry : []),
    // For collectors on this machine.
    `127.0.0.1:${ports.metrics}:${containerPorts.metrics}`,
  ]
}

function volumes({ configDir, dataDir }: ContainerPlan): readonly string[] {
  return [`${configDir}:${containerPaths.configDir}:Z`, `${dataDir}:${containerPaths.dataDir}:Z`]
}
