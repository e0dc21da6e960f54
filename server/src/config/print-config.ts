import { stringify } from 'yaml'
import type { Config } from './config.ts'

/** The settings in effect, for people: YAML, with every secret masked. */
export function printConfig(config: Config): string {
  return stringify(JSON.parse(JSON.stringify(config)))
}
