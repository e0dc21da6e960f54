import { Command } from 'commander'
import { environment } from '../config/read-config.ts'
import { checkHealth } from '../service/health-check.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'

export function healthCommand(): Command {
  return withDataOptions(new Command('health'))
    .description('ask the server of this machine whether it works; for health checks')
    .option('--json', 'print one JSON object')
    .action(async (options: DataOptions & { readonly json?: boolean }) => {
      const { url, status } = await checkHealth({ ...dataDirectories(options), env: environment })
      print({ healthy: true, url, status }, 'healthy', options)
    })
}

/** The command alone, without loading the rest of the program. */
export async function runHealthCheck(argv: readonly string[]): Promise<void> {
  try {
    await new Command('mooring').addCommand(healthCommand()).parseAsync(argv)
  } catch (error) {
    process.stderr.write(`mooring: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
