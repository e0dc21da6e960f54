import type { FieldGroup } from '../field-group.ts'
import { engineRules, isThere } from '../storage-engines.ts'
import { storageLocationsIn } from '../storage-locations.ts'

const key = 'DISTRIBUTED_STORAGE_CONFIG'

export const distributedStorage: FieldGroup = {
  name: 'DistributedStorage',
  fields: {
    DISTRIBUTED_STORAGE_CONFIG: { type: 'object' },
    DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: { type: 'array' },
    DISTRIBUTED_STORAGE_PREFERENCE: { type: 'array' },
    FEATURE_PROXY_STORAGE: { type: 'bool', usual: false },
    FEATURE_STORAGE_REPLICATION: { type: 'bool', usual: false },
  },
  async check(check) {
    const locations = storageLocationsIn(check.object(key) ?? {})
    if (locations.length === 0) {
      check.add(`${key} must contain at least one storage location.`, key)
    }
    for (const { location, engine, parameters } of locations) {
      if (engine === 'LocalStorage' && check.flag('FEATURE_STORAGE_REPLICATION')) {
        check.add(
          'FEATURE_STORAGE_REPLICATION is not supported by LocalStorage.',
          'FEATURE_STORAGE_REPLICATION',
        )
      }
      const rules = Object.hasOwn(engineRules, engine) ? engineRules[engine] : undefined
      if (rules === undefined) {
        check.add(`${engine.slice(0, 60)} is not a valid storage type.`, key)
        continue
      }
      const missing = rules.required.filter((name) => !isThere(parameters[name]))
      for (const name of missing) {
        const tag = `${key}.${location}.${name}`
        check.add(`${tag} is required`, tag)
      }
      const wrong = rules.wrong?.(parameters)
      if (wrong !== undefined) check.add(wrong, key)
      if (missing.length > 0 || wrong !== undefined || check.live === undefined) continue
      const problem = await rules.live?.(check.live, { location, parameters })
      if (problem !== undefined) check.add(problem, key)
    }
  },
}
