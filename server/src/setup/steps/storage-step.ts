import path from 'node:path'
import { StorageValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'
import { checkStorage } from './storage-check.ts'

export const storageStep: Step<'storage'> = {
  id: 'storage',
  schema: StorageValues,
  defaults: ({ machine: { dataDir } }) =>
    Promise.resolve({
      where: { kind: 'disk', path: path.join(dataDir, 'storage') },
      database: { kind: 'sqlite' },
      warnAtPercent: 80,
      stopAtPercent: 95,
      timeMachine: '2w',
    }),
  faults: ({ where, warnAtPercent, stopAtPercent }) =>
    Promise.resolve([
      ...(where.kind === 'disk' && !path.isAbsolute(where.path)
        ? [{ field: 'where.path', text: 'must be an absolute path' }]
        : []),
      ...(stopAtPercent <= warnAtPercent
        ? [{ field: 'stopAtPercent', text: 'must be more than the share that is warned about' }]
        : []),
    ]),
  check: checkStorage,
  summary: ({ where, database, timeMachine }) => [
    {
      label: 'Content',
      value: where.kind === 'disk' ? where.path : `${where.endpoint}, bucket ${where.bucket}`,
    },
    {
      label: 'Database',
      value: database.kind === 'sqlite' ? 'built-in' : `${database.host}/${database.database}`,
    },
    { label: 'Time machine', value: timeMachine },
  ],
}
