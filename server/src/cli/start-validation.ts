import { environment } from '../config/read-config.ts'
import { findingTable } from '../features/config-editor/finding-table.ts'
import { readConfigText } from '../features/config-editor/read-bundle.ts'
import { startFindings } from '../features/config-editor/start-findings.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, type DataOptions } from './data-options.ts'

/** What Quay's container does before it serves, unless IGNORE_VALIDATION is set. */
export async function validateForStart(options: DataOptions): Promise<void> {
  if ((environment['IGNORE_VALIDATION'] ?? '') !== '') return
  const { configDir } = dataDirectories(options)
  const text = await readConfigText(configDir)
  const findings = text === undefined ? [] : await startFindings(text, environment)
  if (findings.length === 0) return
  throw new CommandError(
    `the configuration in ${configDir} is not valid; IGNORE_VALIDATION=1 starts with it anyway\n${findingTable(findings)}`,
  )
}
