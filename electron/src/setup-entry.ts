import type { ServerState } from './server-supervisor.ts'
import type { ShellPartition } from './shell.ts'

/**
 * Exchanges the setup code for the page's session, so that nobody has to type it here. Where that
 * fails, the page asks for the code as it does in any browser.
 */
export async function enterSetup(
  partition: ShellPartition,
  { url, code }: Extract<ServerState, { kind: 'setup' }>,
  log: (text: string) => void,
): Promise<void> {
  try {
    const { status } = await partition.post(`${url}/api/v1/mooring/setup/session`, {
      code,
      takeOver: true,
    })
    if (status >= 300) log(`the setup code was not accepted (${status})\n`)
  } catch (error) {
    log(`the setup code could not be handed over: ${String(error)}\n`)
  }
}
