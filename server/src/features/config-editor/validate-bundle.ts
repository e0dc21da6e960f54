import {
  type Bundle,
  type ConfigFinding,
  isRecord,
  type Settings,
  SettingTypeError,
  type ValidationMode,
  withoutNulls,
} from './bundle.ts'
import { createCheck, type FieldType } from './field-group.ts'
import { fieldGroups } from './field-groups.ts'
import type { LiveChecks } from './live-checks.ts'
import { storageLocationsIn } from './storage-locations.ts'

/**
 * Everything wrong with a configuration, group by group. Without `live` nothing outside is asked.
 * @throws SettingTypeError at the first value of a wrong type.
 */
export async function validateBundle(
  bundle: Bundle,
  { mode, live }: { mode: ValidationMode; live?: LiveChecks | undefined },
): Promise<readonly ConfigFinding[]> {
  const config = withoutNulls(bundle.config) as Settings
  checkTypes(config)
  const options = { mode, ...(live !== undefined && mode !== 'offline' && { live }) }
  const perGroup = await Promise.all(
    fieldGroups.map(async (group) => {
      const { check, findings } = createCheck(group, { ...bundle, config }, options)
      await group.check(check)
      return findings
    }),
  )
  return perGroup.flat()
}

function checkTypes(settings: Settings): void {
  for (const [key, { type, inner }] of fieldGroups.flatMap(({ fields }) =>
    Object.entries(fields),
  )) {
    requireType(key, settings[key], type)
    const value = settings[key]
    if (inner === undefined || !isRecord(value)) continue
    for (const [name, innerType] of Object.entries(inner)) {
      requireType(`${key}.${name}`, value[name], innerType)
    }
  }
  for (const [key, value] of Object.entries(settings)) {
    if (/^[A-Z0-9]+_LOGIN_CONFIG$/.test(key)) requireType(key, value, 'object')
  }
  const storage = settings['DISTRIBUTED_STORAGE_CONFIG']
  if (isRecord(storage)) storageLocationsIn(storage)
}

const isOfType: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  int: (value) => Number.isInteger(value),
  array: (value) => Array.isArray(value),
  object: isRecord,
}

function requireType(key: string, value: unknown, type: FieldType): void {
  if (value !== undefined && !isOfType[type](value)) {
    throw new SettingTypeError(`${key} must be of type ${type}`)
  }
}
