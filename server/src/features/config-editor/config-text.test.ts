import { describe, expect, it } from 'vitest'
import { changeConfigText } from './config-text.ts'
import { parseSettings } from './read-bundle.ts'

const text = `# The plant's registry.
SERVER_HOSTNAME:   'registry.example'  # as clients say it

BUILDLOGS_REDIS:
    host: redis   # the old one
    port: 6379

# Kept for two weeks.
DEFAULT_TAG_EXPIRATION: 2w
SUPER_USERS: [quay,   "ann"]
`

const change = (entries: Readonly<Record<string, unknown>>) =>
  changeConfigText(text, new Map(Object.entries(entries)))

describe('the text of config.yaml', () => {
  it('stays as it is but for the key that changes', () => {
    expect(change({ DEFAULT_TAG_EXPIRATION: '4w' })).toBe(text.replace(': 2w', ': 4w'))
    expect(change({ SERVER_HOSTNAME: 'other.example' })).toBe(
      text.replace("  'registry.example'", 'other.example'),
    )
  })

  it('stays the same bytes when a key gets the value that it has', () => {
    expect(change({ SUPER_USERS: ['quay', 'ann'], DEFAULT_TAG_EXPIRATION: '2w' })).toBe(text)
  })

  it('loses the lines of a key that goes, and nothing else', () => {
    const redis = text.slice(text.indexOf('BUILDLOGS'), text.indexOf('\n# Kept'))
    expect(change({ BUILDLOGS_REDIS: undefined })).toBe(text.replace(redis, ''))
  })

  it('gets a new key at its end', () => {
    expect(change({ MAIL_PORT: 25 })).toBe(`${text}MAIL_PORT: 25\n`)
    expect(changeConfigText('A: 1', new Map([['B', { c: [1, 'x: y'] }]]))).toBe(
      'A: 1\nB:\n  c:\n    - 1\n    - "x: y"\n',
    )
    expect(changeConfigText('', new Map([['A', 'b']]))).toBe('A: b\n')
  })

  it.each<[string, unknown]>([
    ['SERVER_HOSTNAME', { a: [1, 2, { b: 'c' }] }],
    ['BUILDLOGS_REDIS', 'text\nof two lines'],
    ['SUPER_USERS', []],
    ['SUPER_USERS', 'yes'],
    ['DEFAULT_TAG_EXPIRATION', '2: w # no comment'],
    ['DEFAULT_TAG_EXPIRATION', '0123'],
  ])('reads as what %s was set to: %j', (key, value) => {
    expect(parseSettings(change({ [key]: value }))).toEqual({
      ...parseSettings(text),
      [key]: value,
    })
  })

  it('that is JSON is changed as well', () => {
    const changed = changeConfigText(
      '{"A": 1, "B": [2]}',
      new Map([
        ['B', 3],
        ['C', 4],
      ]),
    )
    expect(parseSettings(changed)).toEqual({ A: 1, B: 3, C: 4 })
  })

  it('that is no YAML is refused without being quoted', () => {
    expect(() => changeConfigText('A: [secret', new Map([['B', 1]]))).toThrow(/^config.yaml line 1/)
    expect(() => changeConfigText('A: [secret', new Map([['B', 1]]))).not.toThrow(/secret/)
  })
})
