import { access } from 'node:fs/promises'
import path from 'node:path'
import { removeSetupCode } from './setup-code.ts'
import { setupFiles } from './setup-state.ts'
import type { Random } from '../platform/random.ts'

/**
 * Whether a start on these directories is one of a setup: one that is under way goes on whatever
 * the start says; a new one begins where it is asked for and no settings are.
 */
export async function isSetupWanted(
  { dataDir, configDir }: { dataDir: string; configDir: string },
  asked: boolean,
  random: Random,
): Promise<boolean> {
  const state = await setupFiles({ dataDir, random }).readState()
  if (state !== undefined) return state.phase !== 'finished'
  if (!asked) return false
  return access(path.join(configDir, 'config.yaml')).then(
    () => false,
    () => true,
  )
}

/** Before a registry starts: what is left of a setup that was cut off while it tidied up. */
export async function sweepSetup(dataDir: string, random: Random): Promise<void> {
  await removeSetupCode({ dataDir })
  await setupFiles({ dataDir, random }).removeSecrets()
}
