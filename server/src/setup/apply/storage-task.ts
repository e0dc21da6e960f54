import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { writeFileDurably } from '../../platform/files.ts'
import type { Task } from './task.ts'

/** Says whose folder this is, to people and to a later setup. */
export const storageMarker = '.mooring-storage'

export const storageTask: Task = {
  id: 'storage',
  step: 'storage',
  failure: 'MOOR-SET-031',
  async run({ values, remember }) {
    const { where } = values.storage
    if (where.kind === 's3') return `bucket ${where.bucket} at ${where.endpoint}`
    const made = await mkdir(where.path, { recursive: true, mode: 0o700 })
    if (made !== undefined) await remember({ storageFolder: where.path })
    const marker = `Content of the images of ${values.identity.primaryName}. Change nothing here.\n`
    await writeFileDurably(path.join(where.path, storageMarker), marker, 0o600)
    return where.path
  },
}
