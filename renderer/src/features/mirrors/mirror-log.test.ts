import { expect, it } from 'vitest'
import { issueText, lineText, type LogLine } from './mirror-log.ts'
import type { MirrorDetails } from './mirror-words.ts'

const line = (id: number, message: string): LogLine => ({
  ...{ id, run: 1, at: '2026-11-22T10:00:00.000Z', level: 'error', message },
})
const mirror = {
  ...{ repository: 'acme/app', external_reference: 'far.example/app', state: 'failed' },
  root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['v*'] },
  last_run: {
    ...{ result: 'failed', started: 'Sun, 22 Nov 2026 10:00:00 -0000', bytes: 12 },
    ...{ code: 'tls_error', message: 'its certificate is not accepted' },
  },
} as unknown as MirrorDetails

it('an issue has what others need in order to help, the oldest line first', () => {
  const text = issueText(mirror, [line(2, 'Ended'), line(1, 'Begins')])
  expect(text.split('\n')).toEqual([
    '- Mirror: `acme/app` from `far.example/app`',
    '- Tags: `v*`',
    '- State: failed',
    '- Last run: failed, Sun, 22 Nov 2026 10:00:00 -0000, 12 bytes',
    '- Error: tls_error: its certificate is not accepted',
    '',
    '```',
    '2026-11-22T10:00:00.000Z ERROR   Begins',
    '2026-11-22T10:00:00.000Z ERROR   Ended',
    '```',
    '',
  ])
})

it('lines are of one width up to their messages', () => {
  expect(lineText({ ...line(1, 'x'), level: 'warning' })).toMatch(/Z WARNING x$/)
  expect(lineText({ ...line(1, 'x'), level: 'info' })).toMatch(/Z INFO {4}x$/)
})
