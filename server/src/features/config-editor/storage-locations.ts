import { isList, isRecord, type Settings, SettingTypeError } from './bundle.ts'

export interface NamedLocation {
  readonly location: string
  readonly engine: string
  readonly parameters: Settings
}

/**
 * The locations of DISTRIBUTED_STORAGE_CONFIG.
 * @throws SettingTypeError where one is not `[engine, {parameters}]`.
 */
export function storageLocationsIn(config: Settings): readonly NamedLocation[] {
  return Object.entries(config).map(([location, value]) => {
    if (!isList(value) || value.length !== 2) {
      throw new SettingTypeError(
        'DISTRIBUTED_STORAGE_CONFIG object values must be of form (Name, Args)',
      )
    }
    const [engine, parameters] = value
    if (typeof engine !== 'string') {
      throw new SettingTypeError(
        'First index of value in DISTRIBUTED_STORAGE_CONFIG must be a string',
      )
    }
    if (!isRecord(parameters)) {
      throw new SettingTypeError(
        'Second index of value in DISTRIBUTED_STORAGE_CONFIG must be an object',
      )
    }
    return { location, engine, parameters }
  })
}
