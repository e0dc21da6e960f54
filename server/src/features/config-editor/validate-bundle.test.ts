import { describe, expect, it } from 'vitest'
import { type Settings, SettingTypeError } from './bundle.ts'
import { fieldGroups } from './field-groups.ts'
import { enough, fails, lines, validate } from './rule-suite.ts'

describe('a configuration', () => {
  it('without anything lacks exactly what Quay says', async () => {
    expect(await validate({ config: {} })).toEqual([
      { FieldGroup: 'Database', Tags: ['DB_URI'], Message: 'DB_URI is required.' },
      {
        FieldGroup: 'DistributedStorage',
        Tags: ['DISTRIBUTED_STORAGE_CONFIG'],
        Message: 'DISTRIBUTED_STORAGE_CONFIG must contain at least one storage location.',
      },
      {
        FieldGroup: 'HostSettings',
        Tags: ['SERVER_HOSTNAME'],
        Message: 'SERVER_HOSTNAME is required',
      },
      {
        FieldGroup: 'HostSettings',
        Tags: ['SERVER_HOSTNAME'],
        Message: 'SERVER_HOSTNAME must be of type Hostname',
      },
      {
        FieldGroup: 'Redis',
        Tags: ['BUILDLOGS_REDIS'],
        Message: 'BUILDLOGS_REDIS is required',
      },
    ])
  })

  it('with what is needed is valid, and null is the same as nothing', async () => {
    expect(await validate({ config: enough })).toEqual([])
    const nulls = { MAIL_PORT: null, BUILDLOGS_REDIS: { host: 'redis', port: null } }
    expect(await validate({ config: { ...enough, ...nulls } })).toEqual([])
  })

  it('has the groups of Quay in the order of their names', () => {
    const names = fieldGroups.map(({ name }) => name)
    expect(names).toHaveLength(26)
    expect(names).toEqual(names.toSorted())
  })

  it('is checked without asking anybody outside in the offline mode', async () => {
    const config = { ...enough, DB_URI: 'postgresql://db/quay' }
    const live = { database: fails('asked'), redis: fails('asked') }
    expect(await lines({ config, live, mode: 'offline' })).toEqual([])
  })
})

describe('a value of a wrong type stops the reading', () => {
  it.each<[Settings, string]>([
    [{ MAIL_PORT: '25' }, 'MAIL_PORT must be of type int'],
    [{ MAIL_PORT: 2.5 }, 'MAIL_PORT must be of type int'],
    [{ FEATURE_MAILING: 'true' }, 'FEATURE_MAILING must be of type bool'],
    [{ SERVER_HOSTNAME: 5 }, 'SERVER_HOSTNAME must be of type string'],
    [{ TAG_EXPIRATION_OPTIONS: '2w' }, 'TAG_EXPIRATION_OPTIONS must be of type array'],
    [{ BUILDLOGS_REDIS: 'redis' }, 'BUILDLOGS_REDIS must be of type object'],
    [{ BUILDLOGS_REDIS: { port: '1' } }, 'BUILDLOGS_REDIS.port must be of type int'],
    [{ PLANT_LOGIN_CONFIG: [] }, 'PLANT_LOGIN_CONFIG must be of type object'],
    [
      { DISTRIBUTED_STORAGE_CONFIG: { a: 'x' } },
      'DISTRIBUTED_STORAGE_CONFIG object values must be of form (Name, Args)',
    ],
    [
      { DISTRIBUTED_STORAGE_CONFIG: { a: [1, {}] } },
      'First index of value in DISTRIBUTED_STORAGE_CONFIG must be a string',
    ],
    [
      { DISTRIBUTED_STORAGE_CONFIG: { a: ['LocalStorage', 'x'] } },
      'Second index of value in DISTRIBUTED_STORAGE_CONFIG must be an object',
    ],
  ])('%j', async (change, message) => {
    await expect(validate({ config: { ...enough, ...change } })).rejects.toThrow(
      new SettingTypeError(message),
    )
  })
})
