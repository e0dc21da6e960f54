import { expect, test } from 'vitest'
import { systemRandom } from '../platform/random.ts'
import { newBackupId } from './backup-manifest.ts'

test('ids sort by the millisecond in which a backup began', () => {
  const second = Date.UTC(2026, 0, 31, 23, 59, 59)
  const ids = Array.from({ length: 1_001 }, (_, at) => newBackupId(second + at, systemRandom))
  expect(ids.toSorted()).toEqual(ids)
  expect(ids[0]).toMatch(/^20260131T235959Z-22[a-z2-9]{4}$/)
})
