import { parseDocument } from 'yaml'

export interface ConfigChanges {
  readonly databaseUri?: string | undefined
  /** `storage_path` of the storage location in use. */
  readonly storagePath?: string | undefined
}

/** Other places for a registry that moves, its comments kept. */
export function changeConfig(text: string, { databaseUri, storagePath }: ConfigChanges): string {
  if (databaseUri === undefined && storagePath === undefined) return text
  const document = parseDocument(text)
  if (databaseUri !== undefined) document.set('DB_URI', databaseUri)
  if (storagePath !== undefined) {
    const values = document.toJS() as {
      DISTRIBUTED_STORAGE_CONFIG?: Record<string, unknown>
      DISTRIBUTED_STORAGE_PREFERENCE?: readonly string[]
    }
    const locations = values.DISTRIBUTED_STORAGE_CONFIG ?? {}
    const location = values.DISTRIBUTED_STORAGE_PREFERENCE?.[0] ?? Object.keys(locations)[0] ?? ''
    document.setIn(['DISTRIBUTED_STORAGE_CONFIG', location, 1, 'storage_path'], storagePath)
  }
  return document.toString()
}
