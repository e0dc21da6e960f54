import { describe, expect, it } from 'vitest'
import { reportCsv } from './report.ts'

const row = {
  repository: 'harbour/app',
  digest: 'sha256:1',
  what: 'kept',
  reason: 'quota',
} as const

describe('the report of an import as CSV', () => {
  it('has a line to each tag', () => {
    const csv = reportCsv({ rows: [{ ...row, tag: '1.0', message: 'Full, "really".' }] })
    expect(csv.split('\r\n')).toEqual([
      'repository,tag,digest,change,reason,message',
      'harbour/app,1.0,sha256:1,kept,quota,"Full, ""really""."',
      '',
    ])
  })

  it('has no formulas', () => {
    expect(reportCsv({ rows: [{ ...row, tag: '-1', message: '=1+1' }] })).toContain(
      "harbour/app,'-1,sha256:1,kept,quota,'=1+1",
    )
  })
})
