import { expect, test } from 'vitest'
import { isBackupDue, isBackupOverdue } from './backup-schedule.ts'

const hour = 3_600_000
const result = (lastSuccessAt: number | null, lastFailureAt: number | null = null) => ({
  ...{ lastSuccessAt, lastFailureAt, lastId: null, lastDurationMs: null },
  ...{ lastBytes: null, lastNewBytes: null, lastFailure: null },
})

test.each([
  ['the first', undefined, 0, true],
  ['one that was just made', result(0), hour, false],
  ['one of a day ago', result(0), 24 * hour, true],
  ['one that just failed', result(0, 24 * hour), 24 * hour + 60_000, false],
  ['one that failed a while ago', result(0, 24 * hour), 24 * hour + hour / 4, true],
  ['the first after a failure', result(null, 0), hour, true],
])('after %s the next is due or not', (_what, last, now, isDue) => {
  expect(isBackupDue(last, 24 * hour, now)).toBe(isDue)
})

test('a backup is overdue when two in a row were not made', () => {
  expect(isBackupOverdue(result(0), 0, hour, 2 * hour)).toBe(false)
  expect(isBackupOverdue(result(0), 0, hour, 2 * hour + 1)).toBe(true)
  expect(isBackupOverdue(undefined, 5 * hour, hour, 6 * hour)).toBe(false)
  expect(isBackupOverdue(undefined, 5 * hour, hour, 8 * hour)).toBe(true)
})
