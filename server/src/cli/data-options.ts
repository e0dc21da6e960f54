import path from 'node:path'
import type { Command } from 'commander'
import { environment } from '../config/read-config.ts'

export interface DataOptions {
  readonly data?: string
  readonly config?: string
}

export interface DataDirectories {
  readonly dataDir: string
  readonly configDir: string
}

/** `--data` and `--config`, which every command takes. */
export function withDataOptions(command: Command): Command {
  return command
    .option(
      '--data <directory>',
      'where the registry keeps its data (MOORING_DATA_DIR, else ./data)',
    )
    .option(
      '--config <directory>',
      'where config.yaml lies (MOORING_CONFIG_DIR, else <data>/config)',
    )
}

export function dataDirectories({ data, config }: DataOptions): DataDirectories {
  const dataDir = path.resolve(data ?? environment['MOORING_DATA_DIR'] ?? 'data')
  const asked = config ?? environment['MOORING_CONFIG_DIR']
  if (asked === undefined) return { dataDir, configDir: path.join(dataDir, 'config') }
  const resolved = path.resolve(asked)
  // `--config /etc/mooring/config.yaml` means the directory of that file.
  return {
    dataDir,
    configDir: path.basename(resolved) === 'config.yaml' ? path.dirname(resolved) : resolved,
  }
}
