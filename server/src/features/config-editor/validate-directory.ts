import type { Environment } from '../../config/config.ts'
import type { Clock } from '../../platform/clock.ts'
import { type ConfigFinding, SettingTypeError, type ValidationMode } from './bundle.ts'
import { createLiveChecks } from './live-checks.ts'
import { BundleError, readBundle } from './read-bundle.ts'
import { validateBundle } from './validate-bundle.ts'

export interface Surroundings {
  readonly clock: Clock
  readonly env: Environment
  /** Where relative paths of a configuration start. */
  readonly dataDir?: string | undefined
}

/**
 * Checks what lies in a config directory.
 * @throws BundleError where it cannot be read as a configuration at all.
 */
export async function validateDirectory(
  configDir: string,
  mode: ValidationMode,
  surroundings: Surroundings,
): Promise<readonly ConfigFinding[]> {
  const bundle = await readBundle(configDir)
  if (!bundle.hasFile) throw new BundleError(`there is no config.yaml in ${configDir}`)
  try {
    return await validateBundle(bundle, { mode, live: createLiveChecks(bundle, surroundings) })
  } catch (error) {
    if (!(error instanceof SettingTypeError)) throw error
    throw new BundleError(
      `An error occurred during validation. Process could not marshal config.yaml. This is most likely due to an incorrect type. ${error.message}`,
      { cause: error },
    )
  }
}
