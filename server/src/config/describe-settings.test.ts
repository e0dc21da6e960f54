import { expect, test } from 'vitest'

import { describeEnvironment, describeSettings, settingsSchema } from './describe-settings.ts'

const sourced = (settings: Readonly<Record<string, unknown>>) =>
  new Map(Object.entries(settings).map(([key, value]) => [key, { value, source: 'config.yaml' }]))

test('tells what was set, and shows no secret, wherever it stands', () => {
  const { config, warning } = describeSettings(
    sourced({
      SECRET_KEY: 'x'.repeat(40),
      DB_URI: 'postgresql://quay:hidden@db/quay',
      MAIL_PASSWORD: 'short',
      SUPER_USERS: ['quay'],
      FRESH_LOGIN_TIMEOUT: '10m',
      FEATURE_APP_SPECIFIC_TOKENS: true,
      APP_SPECIFIC_TOKEN_EXPIRATION: '1d',
      DISTRIBUTED_STORAGE_CONFIG: { s3: ['S3Storage', { s3_secret_key: 'hidden', port: 9000 }] },
      PROXY: 'http://me:hidden@proxy.example',
      HTTPS_PROXY: 'me:hidden@proxy.example:3128',
      FEATUR_TYPO: true,
    }),
    new Set(['FEATUR_TYPO']),
  )
  expect(config).toEqual({
    SECRET_KEY: '********** (40)',
    DB_URI: '********** (32)',
    MAIL_PASSWORD: '***** (5)',
    SUPER_USERS: ['quay'],
    FRESH_LOGIN_TIMEOUT: '10m',
    FEATURE_APP_SPECIFIC_TOKENS: true,
    APP_SPECIFIC_TOKEN_EXPIRATION: '1d',
    DISTRIBUTED_STORAGE_CONFIG: { s3: ['S3Storage', { s3_secret_key: '****** (6)', port: 9000 }] },
    PROXY: '********** (30)',
    HTTPS_PROXY: '********** (28)',
  })
  expect(warning).toEqual({ FEATUR_TYPO: true })
})

test('shows the environment where it is known to be harmless', () => {
  expect(
    describeEnvironment({
      TZ: 'UTC',
      MOORING_HTTP_PORT: '80',
      MOORING_FIRST_PASSWORD: 'hidden',
      QUAY_OVERRIDE_CONFIG: '{"SECRET_KEY":"hidden"}',
      SOMETHING_ELSE: 'hidden',
    }),
  ).toEqual({
    TZ: 'UTC',
    MOORING_HTTP_PORT: '80',
    MOORING_FIRST_PASSWORD: '****** (6)',
    QUAY_OVERRIDE_CONFIG: '********** (23)',
    SOMETHING_ELSE: '****** (6)',
  })
})

test('has a schema of every key', () => {
  const { properties } = settingsSchema() as { properties: object }
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(['DB_URI', 'SUPER_USERS']))
})
