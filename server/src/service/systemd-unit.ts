import { requireUnitPath, wordOf, type ProgramPlan, type ServiceMode } from './service-plan.ts'

type Directive = readonly [key: string, value: string]

/** The unit that runs the program tree. */
export function systemdUnit(plan: ProgramPlan): string {
  const { scope, dataDir, configDir } = plan
  const writable = [...new Set([dataDir, configDir])].map(requireUnitPath)
  const isSystem = scope === 'system'
  return render([
    ['Unit', unitSection(plan.mode, writable, isSystem)],
    [
      'Service',
      [
        ['Type', 'notify'],
        // systemd-notify speaks for the server.
        ['NotifyAccess', 'all'],
        ...(isSystem
          ? ([
              ['User', plan.name],
              ['Group', plan.name],
            ] as const)
          : []),
        ['EnvironmentFile', `-${requireUnitPath(plan.places.environmentFile)}`],
        [
          'ExecStart',
          `${requireUnitPath(plan.node)} ${requireUnitPath(plan.script)} ${wordOf(plan)}`,
        ],
        // Also after a superuser ended it through the API, as Quay's supervisor does.
        ['Restart', 'always'],
        ['RestartSec', '2'],
        // An upgrade copies the database before it answers.
        ['TimeoutStartSec', '30min'],
        ['TimeoutStopSec', '60'],
        ['WatchdogSec', '60'],
        ['KillMode', 'mixed'],
        ['LimitNOFILE', '65536'],
        ['LimitCORE', '0'],
        ['UMask', '0077'],
        ...everywhere,
        ...(isSystem ? systemOnly(plan, writable) : []),
      ],
    ],
    ['Install', [['WantedBy', isSystem ? 'multi-user.target' : 'default.target']]],
  ])
}

const descriptions: Readonly<Record<ServiceMode, string>> = {
  registry: 'Mooring container registry',
  repomirror: 'Mirrors of a Mooring container registry',
}

export function unitSection(
  mode: ServiceMode,
  paths: readonly string[],
  isSystem: boolean,
): readonly Directive[] {
  return [
    ['Description', descriptions[mode]],
    // The manager of a user knows no targets of the system.
    ...(isSystem
      ? ([
          ['Wants', 'network-online.target'],
          ['After', 'network-online.target time-sync.target'],
        ] as const)
      : []),
    ['RequiresMountsFor', paths.join(' ')],
    ['StartLimitIntervalSec', '0'],
  ]
}

/** Holds for a manager of a user too; memory has to stay executable for the compiler of Node. */
const everywhere: readonly Directive[] = [
  ['NoNewPrivileges', 'yes'],
  ['LockPersonality', 'yes'],
  ['RestrictRealtime', 'yes'],
  ['RestrictSUIDSGID', 'yes'],
  ['RestrictNamespaces', 'yes'],
  ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
  ['SystemCallArchitectures', 'native'],
  ['SystemCallFilter', '@system-service @pkey'],
  ['SystemCallFilter', '~@privileged'],
  ['SystemCallErrorNumber', 'EPERM'],
]

function systemOnly(plan: ProgramPlan, writable: readonly string[]): readonly Directive[] {
  const isHome = writable.some((folder) => /^\/(?:home|root|run\/user)(?:\/|$)/.test(folder))
  const isStandard = plan.dataDir === `/var/lib/${plan.name}`
  return [
    ...(isStandard
      ? ([
          ['StateDirectory', plan.name],
          ['StateDirectoryMode', '0700'],
        ] as const)
      : []),
    ['ReadWritePaths', writable.map((folder) => `-${folder}`).join(' ')],
    ['AmbientCapabilities', 'CAP_NET_BIND_SERVICE'],
    ['CapabilityBoundingSet', 'CAP_NET_BIND_SERVICE'],
    ['ProtectSystem', 'strict'],
    ...(isHome ? [] : ([['ProtectHome', 'yes']] as const)),
    ['PrivateTmp', 'yes'],
    ['PrivateDevices', 'yes'],
    ['ProtectKernelTunables', 'yes'],
    ['ProtectKernelModules', 'yes'],
    ['ProtectKernelLogs', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['ProtectClock', 'yes'],
    ['ProtectHostname', 'yes'],
    ['ProtectProc', 'invisible'],
    ['RemoveIPC', 'yes'],
  ]
}

/** Sections and directives as text; a directive may occur more than once. */
export function render(
  sections: readonly (readonly [name: string, directives: readonly Directive[]])[],
): string {
  return sections
    .map(([name, directives]) =>
      [`[${name}]`, ...directives.map(([key, value]) => `${key}=${value}`), ''].join('\n'),
    )
    .join('\n')
}
