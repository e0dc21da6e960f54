import { Command } from 'commander'
import { printConfig } from '../config/print-config.ts'
import { environment, readConfig } from '../config/read-config.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'

export function configCommand(): Command {
  const show = withDataOptions(new Command('show'))
    .description('check config.yaml and print the settings in effect, secrets masked')
    .action(async (options: DataOptions) => {
      const config = await readConfig({ ...dataDirectories(options), env: environment, flags: {} })
      process.stdout.write(printConfig(config))
    })
  return new Command('config').description('settings').addCommand(show)
}
