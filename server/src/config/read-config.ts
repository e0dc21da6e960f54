import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { ConfigError } from './config-error.ts'
import type { ConfigFlags, Environment } from './config-sources.ts'
import { loadConfig } from './load-config.ts'

/** The environment of this process. Nothing else in the server looks at it. */
export const environment: Environment = process.env

/**
 * Reads the config directory and loads the settings.
 * @throws ConfigError naming every wrong setting, a missing config.yaml included.
 */
export async function readConfig(from: {
  configDir: string
  dataDir: string
  env: Environment
  flags: ConfigFlags
}): Promise<Config> {
  try {
    const [fileText, files] = await Promise.all([
      readFile(join(from.configDir, 'config.yaml'), 'utf8'),
      readdir(from.configDir),
    ])
    return loadConfig({ ...from, fileText, files })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const found =
      code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'no permission' : undefined
    if (found === undefined) throw error
    const problem = {
      key: 'config.yaml',
      source: from.configDir,
      found,
      expected: 'a readable file',
    }
    throw new ConfigError([problem])
  }
}
