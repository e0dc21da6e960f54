import { expect, it } from 'vitest'

import { logFormats, type LogLine } from './log-lines.ts'

const line: LogLine = {
  datetime: Date.UTC(2026, 10, 22, 7, 30),
  kind: 'push_repo',
  namespace: 'acme',
  repository: 'acme/web',
  performer: '=cmd()',
  ip: null,
  metadata: { tag: 'a "b"' },
}

it('writes a row of a table that no spreadsheet runs', () => {
  expect(logFormats.csv.line(line)).toBe(
    `2026-11-22T07:30:00.000Z,push_repo,acme,acme/web,'=cmd(),,"{""tag"":""a \\""b\\""""}"\r\n`,
  )
})

it('writes an object a line', () => {
  expect(JSON.parse(logFormats.jsonl.line(line))).toEqual({
    ...line,
    datetime: '2026-11-22T07:30:00.000Z',
  })
})
