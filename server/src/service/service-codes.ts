/** What can go wrong with the service of an operating system, and what helps. */
export const serviceCodes = {
  'MOOR-SVC-001': {
    text: 'A service of the whole system is installed by root',
    next: 'run the command with sudo, or give --user for a service of your own account',
  },
  'MOOR-SVC-002': {
    text: 'This machine is not run by systemd',
    next: 'nothing restarts Mooring after a reboot: start it from the init system of this machine',
  },
  'MOOR-SVC-003': {
    text: 'A command of the system failed',
    next: 'read what it said, put that right and run the same command again',
  },
  'MOOR-SVC-004': {
    text: 'podman is not installed',
    next: 'install podman, or leave --container away',
  },
  'MOOR-SVC-005': {
    text: 'The container image is not on this machine',
    next: 'load it with podman load -i, or name another with --image',
  },
  'MOOR-SVC-006': {
    text: 'No service is installed',
    next: 'install it with mooring service install',
  },
  'MOOR-SVC-007': {
    text: 'A unit cannot hold this value',
    next: 'use an absolute path without spaces, quotes, percent signs, colons and control characters',
  },
  'MOOR-SVC-008': {
    text: 'The service did not come up in time',
    next: 'look at its log, which mooring service status names',
  },
  'MOOR-SVC-009': {
    text: 'The server does not answer',
    next: 'look whether it runs: mooring service status',
  },
  'MOOR-SVC-010': {
    text: 'The server answers that something it needs does not work',
    next: 'look at the parts that are false and at its log',
  },
  'MOOR-SVC-011': {
    text: 'The service manager of this account cannot be reached',
    next: 'log in as the account itself, or allow it to linger: loginctl enable-linger ACCOUNT',
  },
} as const

export type ServiceCode = keyof typeof serviceCodes

/** Told to a person with its code, the fact and the next step; programs depend on the code. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ServiceCode

  constructor(code: ServiceCode, fact = '', options?: ErrorOptions) {
    super(describe(code, fact), options)
    this.code = code
  }
}

export function describe(code: ServiceCode, fact = ''): string {
  const { text, next } = serviceCodes[code]
  return `${code}: ${text}${fact === '' ? '' : ` (${fact})`}; ${next}`
}
