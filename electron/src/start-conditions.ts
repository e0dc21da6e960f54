import { join } from 'node:path'
import { securityPolicy } from './security-policy.ts'
import type { ShellFolders } from './shell.ts'

/** The first switch on the command line that would take away what the window relies on. */
export function findForbiddenSwitch(args: readonly string[]): string | undefined {
  const given = args.map((arg) => /^-{1,2}([^=]+)/.exec(arg)?.[1]?.toLowerCase())
  return securityPolicy.forbiddenSwitches.find((name) => given.includes(name))
}

/** What the server's process starts with: its data beside the shell's, and setup where it has none. */
export function serverEnvironment(
  environment: NodeJS.ProcessEnv,
  { userData }: Pick<ShellFolders, 'userData'>,
): NodeJS.ProcessEnv {
  return {
    ...environment,
    MOORING_DATA_DIR: environment['MOORING_DATA_DIR'] ?? join(userData, 'data'),
    MOORING_SETUP: '1',
  }
}
