import type { FeatureConfig } from './config.ts'

/** The switches by their names in config.yaml: `superUsers` is `FEATURE_SUPER_USERS`. */
export function featureSwitches(features: FeatureConfig): ReadonlyMap<string, boolean> {
  return new Map(
    Object.entries(features).map(([name, on]) => [
      `FEATURE_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
      on as boolean,
    ]),
  )
}
