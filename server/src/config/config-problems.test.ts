import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ConfigError, printConfig } from './config.ts'
import { load, problemsOf } from './loading-suite.ts'

describe('text that is no settings file', () => {
  test.each([
    ['A: [', 'config.yaml line 1', 'valid YAML'],
    ['A: 1\nA: 2', 'config.yaml line 2', 'valid YAML'],
    ['- a list', 'config.yaml line 1', 'a mapping of keys to values'],
    ['A: &x [*x]', 'config.yaml line 1', 'plain values'],
    ['A: *nowhere', 'config.yaml line 1', 'valid YAML|plain values'],
  ])('%j is refused', (fileText, source, expected) => {
    const [problem] = problemsOf(() => load('', { fileText }))
    expect(problem).toMatchObject({ key: 'config.yaml', source })
    expect(problem?.expected).toMatch(new RegExp(`^(?:${expected})$`))
  })

  test.each(['{', 'SUPER_USERS: [ops]', '[]', 'word'])('the override %j is refused', (text) => {
    const [problem] = problemsOf(() => load('', { env: { QUAY_OVERRIDE_CONFIG: text } }))
    expect(problem).toMatchObject({ source: 'environment QUAY_OVERRIDE_CONFIG' })
  })

  test('an empty file asks for each required key', () => {
    const problems = problemsOf(() => load('', { fileText: '# nothing yet\n' }))
    expect(problems.map(({ expected }) => expected)).toEqual([
      'SERVER_HOSTNAME is required',
      'DB_URI is required',
      'DISTRIBUTED_STORAGE_CONFIG is required',
      'SECRET_KEY is required',
      'DATABASE_SECRET_KEY is required',
    ])
  })
})

test('one file with ten bad keys has all ten reported with line, value and expectation', () => {
  const fileText = `SERVER_HOSTNAME: https://admin:hunter2@registry.example.com
PREFERRED_URL_SCHEME: gopher
FEATURE_PUBLIC_CATALOG: perhaps
V2_PAGINATION_SIZE: -4
MAXIMUM_LAYER_SIZE: huge
DEFAULT_TAG_EXPIRATION: 3w
DISTRIBUTED_STORAGE_CONFIG:
  local: [S3Storage, { s3_secret_key: hunter2 }]
DB_URI: mysql+pymysql://quay:hunter2@db/quay
REGISTRY_STATE: read-only
SECRET_KEY: [hunter2]
DATABASE_SECRET_KEY: fine
`
  const run = () => load('', { fileText })
  expect(
    problemsOf(run)
      .map(({ key, source, found }) => `${key} ${source}: ${found}`)
      .sort(),
  ).toEqual([
    'DB_URI config.yaml line 9: "mysql+pymysql:[redacted]"',
    'DEFAULT_TAG_EXPIRATION config.yaml line 6: "3w"',
    'DISTRIBUTED_STORAGE_CONFIG config.yaml line 7: an object',
    'FEATURE_PUBLIC_CATALOG config.yaml line 3: "perhaps"',
    'MAXIMUM_LAYER_SIZE config.yaml line 5: "huge"',
    'PREFERRED_URL_SCHEME config.yaml line 2: "gopher"',
    'REGISTRY_STATE config.yaml line 10: "read-only"',
    'SECRET_KEY config.yaml line 11: a list of 1',
    'SERVER_HOSTNAME config.yaml line 1: "https://[redacted]@registry.example.com"',
    'V2_PAGINATION_SIZE config.yaml line 4: -4',
  ])
  expect(run).toThrow(/^10 settings are wrong:/)
  expect(run).not.toThrow(/hunter2/)
})

describe('secrets', () => {
  const config = load('SECRET_KEY: hunter2\nDATABASE_SECRET_KEY: hunter3')

  test('are there for those who ask', () => {
    expect(config.secretKey.reveal()).toBe('hunter2')
    expect(config.databaseSecretKey.reveal()).toBe('hunter3')
  })

  test.each([
    ['printing the configuration', () => printConfig(config)],
    ['JSON', () => JSON.stringify(config)],
    ['inspection', () => inspect(config, { depth: null, showHidden: true })],
    ['text', () => `${String(config.secretKey)} ${[config.databaseSecretKey].join()}`],
  ])('are masked in %s', (_way, show) => {
    expect(show()).toContain('[redacted]')
    expect(show()).not.toMatch(/hunter/)
  })

  test('a database password never shows', () => {
    const withDatabase = load('DB_URI: postgresql://quay:hunter2@db/quay')
    expect(printConfig(withDatabase)).not.toContain('hunter2')
  })

  test('never reach the message about a broken file', () => {
    const broken = () =>
      load('', { fileText: 'SECRET_KEY: "hunter2\nDB_URI: hunter2: hunter2: ]\n' })
    expect(broken).toThrow(ConfigError)
    expect(broken).not.toThrow(/hunter2/)
  })
})
