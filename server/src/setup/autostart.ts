import type { Environment } from '../config/config.ts'
import type { Machine } from './step.ts'

/** Who starts this process at boot; where nobody does, the command that changes that. */
export function describeAutostart(
  { isContainer, isDesktop, platform }: Pick<Machine, 'isContainer' | 'isDesktop' | 'platform'>,
  env: Environment,
): string {
  const isSet = (name: string) => (env[name] ?? '') !== ''
  if (isDesktop) return 'the desktop program runs it, and starts at login where its menu says so'
  if (isContainer) {
    return 'runs in a container: its unit or restart policy starts it at boot (mooring service status on the host)'
  }
  // INVOCATION_ID is also inherited by what somebody runs from a service, such as a terminal.
  if (isSet('NOTIFY_SOCKET') || (isSet('INVOCATION_ID') && !isSet('SHELL'))) {
    return 'runs as a service of systemd, which starts it at boot'
  }
  return platform === 'linux'
    ? 'this process goes on as the registry; sudo mooring service install starts it at boot'
    : 'this process goes on as the registry; nothing starts it at boot on this system'
}
