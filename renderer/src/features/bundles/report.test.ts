import { describe, expect, it } from 'vitest'
import { reportCsv, reportHtml } from './report.ts'

const row = {
  repository: 'harbour/app',
  digest: 'sha256:1',
  what: 'kept' as const,
  reason: 'quota' as const,
  ...{ renamed_to: null, conflict: null, choices: [] },
}
const deletion = {
  ...{ reference: 'far.example/app:0.9', repository: 'harbour/app', tag: '0.9' },
  what: 'absent' as const,
  ...{ digest: null, reason: null },
}

describe('the report of an import as CSV', () => {
  it('has a line to each tag, and to each proposed deletion', () => {
    const csv = reportCsv({
      rows: [{ ...row, tag: '1.0', message: 'Full, "really".' }],
      deletions: [deletion],
    })
    expect(csv.split('\r\n')).toEqual([
      'repository,tag,digest,change,reason,message',
      'harbour/app,1.0,sha256:1,kept,quota,"Full, ""really""."',
      'harbour/app,0.9,,deletion absent,,far.example/app:0.9',
      '',
    ])
  })

  it('names a tag as it is called here', () => {
    const renamed = { ...row, tag: '1.0', renamed_to: '1.0-site', message: null }
    expect(reportCsv({ rows: [renamed], deletions: [] })).toContain('harbour/app,1.0-site,')
  })

  it('has no formulas', () => {
    const rows = [{ ...row, tag: '-1', message: '=1+1' }]
    expect(reportCsv({ rows, deletions: [] })).toContain(
      "harbour/app,'-1,sha256:1,kept,quota,'=1+1",
    )
  })
})

describe('the report of an import as a page', () => {
  it('shows what a bundle says as text, never as markup', () => {
    const html = reportHtml(
      { rows: [{ ...row, tag: '1.0', message: '<script>alert("1")</script>' }], deletions: [] },
      {
        ...{ language: 'en', title: 'Import <1>', facts: [{ label: 'By', text: 'a & b' }] },
        headings: {
          ...{ repository: 'Repository', tag: 'Tag', digest: 'Digest' },
          ...{ change: 'Change', reason: 'Reason', message: 'Message' },
        },
      },
    )
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)')
    expect(html).toContain('<h1>Import &lt;1&gt;</h1>')
    expect(html).not.toContain('<script>')
  })
})
