import { Command, Option } from 'commander'
import { environment } from '../config/read-config.ts'
import { type ValidationMode, validationModes } from '../features/config-editor/bundle.ts'
import { findingTable } from '../features/config-editor/finding-table.ts'
import { validateDirectory } from '../features/config-editor/validate-directory.ts'
import { systemClock } from '../platform/clock.ts'
import { dataDirectories, type DataOptions } from './data-options.ts'

interface ValidateOptions extends DataOptions {
  readonly mode: ValidationMode
  readonly json?: boolean
}

export function configValidateCommand(): Command {
  return new Command('validate')
    .description("check a config directory with the rules of Quay's config tool")
    .option('-c, --config <directory>', 'where config.yaml lies (MOORING_CONFIG_DIR)')
    .option('--data <directory>', 'where the registry keeps its data (MOORING_DATA_DIR)')
    .addOption(
      new Option('-m, --mode <mode>', 'offline asks nothing outside')
        .choices(validationModes)
        .default('online'),
    )
    .option('--json', 'print the findings as JSON')
    .action(async (options: ValidateOptions) => {
      const { configDir, dataDir } = dataDirectories(options)
      const surroundings = { clock: systemClock, env: environment, dataDir }
      const findings = await validateDirectory(configDir, options.mode, surroundings)
      const text = options.json === true ? `${JSON.stringify(findings)}\n` : findingTable(findings)
      process.stdout.write(text)
      if (findings.length > 0) process.exitCode = 1
    })
}
